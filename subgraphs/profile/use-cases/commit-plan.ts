import { isAppError } from '../../../platform/errors';
import type { Store } from '../../../platform/store/store';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { PeopleStore } from '../store/people-store';
import type { CommitPlan, Plan } from './plan';

const MOST_TRIES = 100;

/** Commits what a plan says with what it announces. When another process was faster, everything is decided again. */
export function createCommitPlan(dependencies: {
  readonly store: Store;
  readonly people: PeopleStore;
  /** Told of every change after it is there for good. */
  readonly onCommitted: (sandbox: string, changed: readonly ChangedPerson[]) => void;
}): CommitPlan {
  const { store, people, onCommitted } = dependencies;
  return async (sandbox, makePlan) => {
    for (let tries = 1; ; tries += 1) {
      const plan = await makePlan();
      try {
        await store.commit({ sandbox, writes: plan.writes, entries: plan.entries });
      } catch (error) {
        people.forget(sandbox);
        if (!isAppError(error, 'CONFLICT') || tries >= MOST_TRIES) throw error;
        continue;
      }
      remember(people, sandbox, plan);
      onCommitted(sandbox, plan.changed);
      return plan.result;
    }
  };
}

function remember(people: PeopleStore, sandbox: string, { changed, lost, quiet = [], gone = [] }: Plan<unknown>): void {
  const owners = changed.flatMap(({ id, gained }) => gained.map((key) => [key, id] as const));
  const written = [...changed, ...quiet].map(({ id, version, head }) => ({ id, version: version + 1, head }));
  people.committed(sandbox, written, owners, lost, gone);
}
