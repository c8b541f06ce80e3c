import type { ReferenceResolver } from '../../../platform/graphql/subgraph-schema';
import type { ProfileReads } from '../use-cases/read-profiles';
import { toProfile } from './to-profile';

/** Finds a person by the key that the other subgraphs know. */
export function createProfileReference(reads: ProfileReads): ReferenceResolver {
  return async ({ id }, { sandbox }) => {
    const [person] = typeof id === 'string' ? await reads.byIds(sandbox, [id]) : [];
    return person ? toProfile(person) : null;
  };
}
