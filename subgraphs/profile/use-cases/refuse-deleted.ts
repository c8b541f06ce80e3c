import type { CheckedIntake } from '../domain/checked-intake';
import { deletedFault, ItemFault } from '../domain/item-fault';
import type { Limits } from '../domain/limits';
import { keysOfSent, namedIdentities } from '../domain/named-identities';
import type { DatasetInUse } from '../domain/parse-item';
import { parseTimestamp } from '../domain/timestamp';
import type { PeopleReads } from '../store/people-reads';
import type { ProfileSettings } from '../store/profile-configuration';
import type { TombstoneStore } from '../store/tombstone-store';

export interface RefuseDeletedDependencies {
  readonly tombstones: TombstoneStore;
  readonly people: PeopleReads;
  readonly limits: Limits;
}

const DAY_MS = 86_400_000;

/**
 * Refuses faulty items that name a deleted person for that, so that nothing of them is kept among the failures (P-19): such
 * as are from before the deletion, and such as tell no time while nobody has returned.
 */
export async function refuseDeleted(
  dependencies: RefuseDeletedDependencies,
  sandbox: string,
  intake: CheckedIntake,
  { namespaces }: ProfileSettings,
  nowMs: number,
): Promise<CheckedIntake> {
  const { dataset, bodies } = intake;
  const sinceMs = nowMs - dependencies.limits.tombstoneDays * DAY_MS;
  const checked = await Promise.all(
    intake.checked.map(async (one, index) => {
      if (!(one instanceof ItemFault)) return one;
      const body = bodies[index];
      const keys = namedIdentities(body, dataset.identities).flatMap(([namespace, value]) =>
        keysOfSent(namespace, value, namespaces),
      );
      return (await isDeleted(dependencies, sandbox, keys, timeOf(body, dataset), sinceMs)) ? deletedFault() : one;
    }),
  );
  return { ...intake, checked };
}

async function isDeleted(
  { tombstones, people }: RefuseDeletedDependencies,
  sandbox: string,
  keys: readonly string[],
  atMs: number | undefined,
  sinceMs: number,
): Promise<boolean> {
  if (keys.length === 0) return false;
  const marks = await tombstones.find(sandbox, keys, sinceMs);
  if (marks.size === 0) return false;
  if (atMs !== undefined) return [...marks.values()].some((deletedAtMs) => atMs <= deletedAtMs);
  const returned = await people.find(sandbox, marks.keys());
  return returned.people.size === 0;
}

function timeOf(body: unknown, { kind }: DatasetInUse): number | undefined {
  const { timestamp } = (body ?? {}) as { readonly timestamp?: unknown };
  if (typeof timestamp === 'string') return parseTimestamp(timestamp);
  // A record that tells no time is of its arrival.
  return kind === 'RECORDS' ? Number.POSITIVE_INFINITY : undefined;
}
