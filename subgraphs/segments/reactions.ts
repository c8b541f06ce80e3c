import type { ProfileChanged } from '../../flow/events';
import { DONE, type ReactionsOf } from '../../flow/reactions';
import type { LogEntry } from '../../platform/store/event-log';
import type { EvaluateProfiles } from './use-cases/evaluate-profiles';
import type { Task } from './use-cases/task';

/** Evaluates every profile that changed: all of a batch in one commit. */
export function createReactions(evaluate: EvaluateProfiles): ReactionsOf<'segments'> {
  return {
    async ProfileChanged(entries) {
      for (const [sandbox, tasks] of toTasks(entries)) await evaluate(sandbox, tasks);
      return entries.map(() => DONE);
    },
  };
}

function toTasks(entries: readonly LogEntry<ProfileChanged>[]): ReadonlyMap<string, readonly Task[]> {
  const bySandbox = new Map<string, Map<string, ProfileChanged[]>>();
  for (const { sandbox, body } of entries) {
    const ofSandbox = bySandbox.get(sandbox) ?? new Map<string, ProfileChanged[]>();
    bySandbox.set(sandbox, ofSandbox);
    const changes = ofSandbox.get(body.profileId);
    if (changes) changes.push(body);
    else ofSandbox.set(body.profileId, [body]);
  }
  return new Map(
    [...bySandbox].map(([sandbox, ofSandbox]) => [
      sandbox,
      [...ofSandbox].map(([profileId, changes]) => ({ profileId, changes })),
    ]),
  );
}
