import type { ReferenceResolver } from '../../../platform/graphql/subgraph-schema';
import type { Views } from '../use-cases/view-people';
import { toProfile } from './to-profile';

/** Finds a person by the key that the other subgraphs know. */
export function createProfileReference(views: Views): ReferenceResolver {
  return async ({ id }, { sandbox, nowMs }) => {
    const [person] = typeof id === 'string' ? await views.byIds(sandbox, [id], nowMs) : [];
    return person ? toProfile(person) : null;
  };
}
