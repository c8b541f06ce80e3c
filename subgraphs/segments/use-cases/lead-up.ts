import type { ProfileChanged } from '../../../flow/events';
import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import type { News } from '../domain/evaluate-profile';
import { type Evaluated, isCurrent } from '../domain/evaluated';
import type { Plan } from '../domain/plan';
import { countUntold, type Rewinding, rewind } from '../domain/rewind';

/** A snapshot with what was known of the changes that led to it. */
export interface SnapshotNews {
  readonly evaluated: Evaluated;
  readonly snapshot: ProfileSnapshot;
  readonly changes: readonly ProfileChanged[];
}

/** A snapshot from before some changes, and these. */
export type LeadUp = Required<Pick<News, 'changes' | 'snapshot' | 'snapshotAtMs'>>;

/**
 * The person from before the changes since the rules, so that each of these is told by itself and not only what they came
 * to (S-11). `undefined` when there are none, or they are not kept any more: then the snapshot tells the outcome.
 */
export async function findLeadUp(
  profiles: ProfileReader,
  sandbox: string,
  news: SnapshotNews,
  plan: Plan,
): Promise<LeadUp | undefined> {
  const { evaluated, snapshot } = news;
  const { id } = snapshot;
  if (snapshot.revision <= evaluated.revision) return undefined;
  const changes = await changesUpTo(profiles, sandbox, news);
  const [first] = changes;
  // The id of one that was merged away finds the one that it became part of.
  if (!first || first.profileId !== id) return undefined;
  const kept = countUntold(changes, isCurrent(evaluated, plan) ? Number.NEGATIVE_INFINITY : plan.sinceMs);
  const told = changes[kept];
  if (!told || told.revision - 1 > snapshot.revision) return undefined;
  const base = await rewindWhole(profiles, sandbox, snapshot, { changes, kept, isWhole: first.revision === 1 });
  if (!base) return undefined;
  const isAllKnown = first.revision === evaluated.revision + 1;
  const lastMs = kept > 0 ? (changes[kept - 1]?.atMs ?? 0) : 0;
  const snapshotAtMs = isAllKnown ? Math.max(plan.sinceMs, lastMs) : told.atMs;
  if (!plan.readsComputed) return { changes, snapshot: base, snapshotAtMs };
  const [computed] = await profiles.computed(sandbox, [{ id, revision: base.revision, atMs: snapshotAtMs }]);
  if (computed?.revision !== base.revision) return undefined;
  const { computedUntilMs: _, computedHalfLivesMs: __, ...rest } = base;
  return { changes, snapshot: { ...rest, ...computed }, snapshotAtMs };
}

/** The changes after the evaluation, or as many as are known; none where they do not lead up to the snapshot. */
async function changesUpTo(
  profiles: ProfileReader,
  sandbox: string,
  { evaluated, snapshot, changes }: SnapshotNews,
): Promise<readonly ProfileChanged[]> {
  const isEnough = changes[0]?.revision === evaluated.revision + 1 && leadsTo(changes, snapshot);
  if (isEnough) return changes;
  const { id } = snapshot;
  const since = await profiles.changes(sandbox, { id, revision: evaluated.revision });
  const known = since ?? (changes[0] && (await profiles.changes(sandbox, { id, revision: changes[0].revision - 1 })));
  return known && leadsTo(known, snapshot) ? known : [];
}

function leadsTo(changes: readonly ProfileChanged[], { revision }: ProfileSnapshot): boolean {
  return (changes.at(-1)?.revision ?? 0) >= revision;
}

/** As `rewind`; looks further back for the attributes where the changes at hand do not tell them. */
async function rewindWhole(
  profiles: ProfileReader,
  sandbox: string,
  snapshot: ProfileSnapshot,
  rewinding: Rewinding,
): Promise<ProfileSnapshot | undefined> {
  const found = rewind(snapshot, rewinding);
  if (found || rewinding.isWhole) return found;
  const [first] = rewinding.changes;
  const all = first && (await profiles.changes(sandbox, { id: snapshot.id, revision: 0 }));
  return all && rewind(snapshot, { changes: all, kept: rewinding.kept + first.revision - 1, isWhole: true });
}
