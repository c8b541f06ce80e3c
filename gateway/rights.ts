import type { Scope } from '../platform/graphql/request-context';
import type { Rights } from './operations';

/** Everything, for those who asked for no authorization. */
export const ALL_RIGHTS: Rights = { name: 'all', mayRead: () => true };

/** The rights of a scope. */
export function rightsOf(scope: Scope): Rights {
  return { name: scope, mayRead: () => true };
}
