import type { Store } from '../../../platform/store/store';
import type { Person } from '../domain/head';
import { headsSpec } from '../store/collections';
import type { HeadDocument } from '../store/head-document';
import type { JobHandler } from './jobs';
import type { ProfileReads } from './read-profiles';

/** A job that goes through all people by id, `size` of them at a time. */
export function createPeopleWalk(
  store: Store,
  reads: ProfileReads,
  size: number,
  visit: (sandbox: string, people: readonly Person[], job: string) => Promise<void>,
): JobHandler {
  const heads = store.collection<HeadDocument>(headsSpec.name);
  return async (sandbox, { state, done }, id) => {
    const after = typeof state.after === 'string' ? { after: state.after } : {};
    const page = await heads.scan(sandbox, { limit: size, ...after });
    const living = page.filter(({ value }) => value.endedIn === undefined).map((found) => found.id);
    const people = await reads.byIds(sandbox, living);
    await visit(
      sandbox,
      people.filter((person): person is Person => person !== undefined),
      id,
    );
    const last = page.at(-1)?.id;
    const finished = page.length < size || last === undefined;
    return { state: { ...state, ...(last ? { after: last } : {}) }, done: done + page.length, finished };
  };
}
