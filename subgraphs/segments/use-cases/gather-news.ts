import type { ProfileChanged } from '../../../flow/events';
import type { ComputedSnapshot, ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { type News, needsSnapshot } from '../domain/evaluate-profile';
import { type Evaluated, isCurrent } from '../domain/evaluated';
import type { Plan } from '../domain/plan';
import type { ImportStore } from '../store/import-store';
import type { Known } from '../store/state-store';
import { findImports, type ImportQuestion } from './find-imports';
import { findLeadUp } from './lead-up';
import type { Task } from './task';

/** What gathering stands on. */
export interface NewsDependencies {
  readonly profiles: ProfileReader;
  readonly imports: ImportStore;
  readonly clock: Clock;
  /** Since when rules are being brought to all people; `undefined` when none is. */
  readonly backfillSinceMs: (sandbox: string) => Promise<number | undefined>;
}

/**
 * Reads what the evaluations of `tasks` lack, for all of them together. In the order of the tasks; nothing for those of whom
 * `known` has none.
 */
export async function gatherNews(
  { profiles, imports, clock, backfillSinceMs: readBackfillSinceMs }: NewsDependencies,
  sandbox: string,
  tasks: readonly Task[],
  known: readonly (Known | undefined)[],
  plan: Plan,
): Promise<readonly (News | undefined)[]> {
  const nowMs = clock.now();
  const leads = await Promise.all(
    tasks.map((task, index) => findLead(profiles, sandbox, task, known[index]?.evaluated, plan)),
  );
  const asked = tasks.flatMap(({ profileId: id }, index) => {
    const lead = leads[index];
    return lead?.isToBeRead ? [{ id, atMs: lead.snapshotAtMs }] : [];
  });
  const found = await readSnapshots(profiles, sandbox, asked, plan);
  const isAnew = asked.length > 0 || leads.some((lead) => lead?.snapshot);
  const backfillSinceMs = isAnew ? await readBackfillSinceMs(sandbox) : undefined;
  const questions = tasks.map((task, index): ImportQuestion => {
    const { profileId, snapshot, importCause } = task;
    const identities = (found.get(profileId) ?? snapshot)?.identities;
    return { profileId, changes: leads[index]?.changes ?? [], identities, importCause };
  });
  const imported = plan.hasAudiences ? await findImports(profiles, imports, sandbox, questions, nowMs) : [];
  const leadUps = await Promise.all(
    tasks.map(({ profileId }, index) => {
      const [evaluated, lead] = [known[index]?.evaluated, leads[index]];
      const snapshot = found.get(profileId) ?? lead?.snapshot;
      const changes = lead?.read ?? lead?.changes ?? [];
      return evaluated && snapshot && findLeadUp(profiles, sandbox, { evaluated, snapshot, changes }, plan);
    }),
  );
  return tasks.map(({ profileId, snapshot: given, untilMs, scan }, index) => {
    const lead = leads[index];
    if (!lead) return undefined;
    const snapshot = found.get(profileId) ?? lead.snapshot;
    const whole = snapshot ?? given;
    return {
      changes: lead.changes,
      snapshot,
      snapshotAtMs: lead.snapshotAtMs,
      ...leadUps[index],
      untilMs,
      nowMs,
      backfillSinceMs,
      imported: imported[index],
      scan: scan && whole && { ...scan, snapshot: whole },
    };
  });
}

/** What leads on from an evaluation: changes, or the profile as it is. */
interface Lead {
  readonly changes: readonly ProfileChanged[];
  /** The changes that were read, where they alone do not lead on. */
  readonly read?: readonly ProfileChanged[] | undefined;
  readonly snapshot?: ProfileSnapshot | undefined;
  /** True when the profile must be read, with its events. */
  readonly isToBeRead?: boolean;
  /** The instant that the snapshot is to be evaluated at; what time moved since then follows. */
  readonly snapshotAtMs?: number | undefined;
}

async function findLead(
  profiles: ProfileReader,
  sandbox: string,
  { profileId: id, changes: delivered, snapshot }: Task,
  evaluated: Evaluated | undefined,
  plan: Plan,
): Promise<Lead | undefined> {
  if (!evaluated) return undefined;
  const { revision } = evaluated;
  const read = (): Promise<readonly ProfileChanged[] | undefined> => profiles.changes(sandbox, { id, revision });
  if (delivered) {
    if (!needsSnapshot(evaluated, delivered, plan)) return { changes: delivered };
    const changes = (await readLeading(read, evaluated, plan)) ?? delivered;
    return { changes, isToBeRead: needsSnapshot(evaluated, changes, plan) };
  }
  if (evaluated.ended) return { changes: [] };
  if (snapshot) return leadOfSnapshot(evaluated, snapshot, plan);
  const changes = await read();
  if (changes && isLeading(evaluated, changes, plan)) return { changes };
  if (changes && isCurrent(evaluated, plan)) return { changes, isToBeRead: true };
  const snapshotAtMs = changes && Math.max(plan.sinceMs, lastMs(changes));
  return { changes: [], read: changes, isToBeRead: true, snapshotAtMs };
}

/** The changes from what is known on, if they lead on without a snapshot. */
async function readLeading(
  read: () => Promise<readonly ProfileChanged[] | undefined>,
  evaluated: Evaluated,
  plan: Plan,
): Promise<readonly ProfileChanged[] | undefined> {
  if (!isCurrent(evaluated, plan) && evaluated.revision > 0) return undefined;
  const changes = await read();
  return changes && isLeading(evaluated, changes, plan) ? changes : undefined;
}

// A history from before the rules would tell of moves that nobody saw.
function isLeading(evaluated: Evaluated, changes: readonly ProfileChanged[], plan: Plan): boolean {
  if (needsSnapshot(evaluated, changes, plan)) return false;
  if (isCurrent(evaluated, plan)) return true;
  const [first] = changes;
  return first?.revision === 1 && first.atMs >= plan.sinceMs;
}

function leadOfSnapshot(evaluated: Evaluated, snapshot: ProfileSnapshot, plan: Plan): Lead {
  // It is evaluated live, and what is missing is on its way.
  if (isCurrent(evaluated, plan)) return { changes: [] };
  return snapshot.revision < evaluated.revision ? { changes: [], isToBeRead: true } : { changes: [], snapshot };
}

function lastMs(changes: readonly ProfileChanged[]): number {
  return changes.at(-1)?.atMs ?? 0;
}

async function readSnapshots(
  profiles: ProfileReader,
  sandbox: string,
  asked: readonly { readonly id: string; readonly atMs: number | undefined }[],
  plan: Plan,
): Promise<ReadonlyMap<string, ProfileSnapshot>> {
  if (asked.length === 0) return new Map();
  const ids = asked.map(({ id }) => id);
  const found = await profiles.getMany(sandbox, ids, { events: true });
  // What is computed is told as of the instant of the evaluation; what time did to it since follows from there.
  const past = plan.readsComputed ? asked.flatMap(({ id, atMs }) => (atMs === undefined ? [] : [{ id, atMs }])) : [];
  const then = past.length > 0 ? await profiles.computed(sandbox, past) : [];
  const computed = new Map(then.flatMap((each) => (each ? [[each.id, each]] : [])));
  // The id of one that was merged away finds the one that it became part of: that one is not asked here.
  return new Map(found.flatMap((each) => (each ? [[each.id, withComputed(each, computed.get(each.id))]] : [])));
}

function withComputed(snapshot: ProfileSnapshot, then: ComputedSnapshot | undefined): ProfileSnapshot {
  if (then?.revision !== snapshot.revision) return snapshot;
  const { computedUntilMs: _, computedHalfLivesMs: __, ...rest } = snapshot;
  return { ...rest, ...then };
}
