import { isAppError } from '../../../platform/errors';
import type { StoreAhead } from '../../../platform/store/store-ahead';
import { createTurns } from '../../../platform/turns';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { PeopleAhead } from '../store/people-ahead';
import { type PeopleChange, type PeopleStore, toRowChange } from '../store/people-store';
import type { ExtendPlan } from './extend-plan';
import type { CommitPlan, Plan } from './plan';

const MOST_TRIES = 100;

/**
 * Commits what a plan says with what it announces. When another process was faster, everything is decided again. Plans of
 * a sandbox are made one after another, each on what those before it will leave.
 */
export function createCommitPlan(dependencies: {
  readonly ahead: StoreAhead;
  readonly people: PeopleStore;
  readonly peopleAhead: PeopleAhead;
  /** Adds what else follows from a plan. */
  readonly extend: ExtendPlan;
  /** Told of every change after it is there for good. */
  readonly onCommitted: (sandbox: string, changed: readonly ChangedPerson[]) => void;
}): CommitPlan {
  const { ahead, people, peopleAhead, extend, onCommitted } = dependencies;
  const turns = createTurns();
  return async (sandbox, makePlan) => {
    for (let tries = 1; ; tries += 1) {
      const { plan, change, committed, end } = await turns.run(sandbox, async () => {
        // What is decided anew must not count on what may have to be decided anew itself, perhaps because of it.
        if (tries > 1) await ahead.settled(sandbox);
        const ground = ahead.ground(sandbox);
        const made = await extend(sandbox, await makePlan());
        const leaves = toPeopleChange(made);
        return {
          plan: made,
          change: leaves,
          committed: ahead.commit({ sandbox, writes: made.writes, entries: made.entries }, ground),
          end: peopleAhead.add(sandbox, leaves),
        };
      });
      try {
        await committed;
        people.committed(sandbox, change);
      } catch (error) {
        people.forget(sandbox);
        if (!isAppError(error, 'CONFLICT') || tries >= MOST_TRIES) throw error;
        continue;
      } finally {
        end();
      }
      onCommitted(sandbox, plan.changed);
      return plan.result;
    }
  };
}

function toPeopleChange({ writes, changed, quiet = [], gone = [] }: Plan<unknown>): PeopleChange {
  const written = [...changed, ...quiet].map(({ id, version, head }) => ({ id, version: version + 1, head }));
  return {
    people: [...written.map((person) => [person.id, person] as const), ...gone.map((id) => [id, undefined] as const)],
    rows: writes.flatMap(toRowChange),
  };
}
