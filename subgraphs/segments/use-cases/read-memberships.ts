import type { ProfileChanged } from '../../../flow/events';
import type { ProfileReader, ProfileRef, ProfileSnapshot } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import {
  type ComputedAt,
  evaluateProfile,
  type News,
  needsSnapshot,
  type PolicyViews,
  type Scan,
} from '../domain/evaluate-profile';
import { type Evaluated, findDueMs, isCurrent, isStranger } from '../domain/evaluated';
import type { Plan } from '../domain/plan';
import type { ImportStore } from '../store/import-store';
import type { Known, StateStore } from '../store/state-store';
import { findImports, type ImportQuestion } from './find-imports';
import { findLeadUp } from './lead-up';
import { NO_VIEWS, policiesOf, readViews } from './read-views';

/** Where a profile stands at an instant. */
export interface Standing {
  readonly plan: Plan;
  readonly evaluated: Evaluated;
}

/** Reads where profiles stand at `nowMs`, at least as of their revisions, in the order asked. Announces nothing. */
export type ReadMemberships = (
  sandbox: string,
  profiles: readonly ProfileRef[],
  nowMs: number,
) => Promise<readonly Standing[]>;

/** What reading stands on. */
export interface ReadingDependencies {
  readonly states: StateStore;
  readonly profiles: ProfileReader;
  readonly imports: ImportStore;
  readonly plan: (sandbox: string) => Promise<Plan>;
  readonly clock: Clock;
}

/** What was not evaluated yet is evaluated for the answer alone. */
export function createReadMemberships(dependencies: ReadingDependencies): ReadMemberships {
  const { states, profiles, imports, plan: readPlan } = dependencies;
  return async (sandbox, refs, nowMs) => {
    const plan = await readPlan(sandbox);
    const ids = refs.map(({ id }) => id);
    const asksAll = plan.onDemand.length > 0;
    const isEnough = (evaluated: Evaluated, index: number): boolean =>
      !plan.readsComputed && !asksAll && isAsAsked(evaluated, refs[index]?.revision ?? 0, nowMs, plan);
    const readings = await states.read(sandbox, ids, plan, isEnough);
    if (readings.every(({ own }) => !own)) return readings.map(({ known: { evaluated } }) => ({ plan, evaluated }));
    const known = readings.map((reading) => reading.known);
    const news = await Promise.all(
      refs.map((ref, index) => newsOf(profiles, sandbox, ref, readings[index]?.own, nowMs, plan)),
    );
    const wanted = refs.filter((_, index) => asksAll || news[index]?.isToBeRead);
    const snapshots = await readSnapshots(profiles, sandbox, wanted);
    const leadUps = await Promise.all(
      known.map(({ profileId }, index) => {
        const [evaluated, snapshot] = [readings[index]?.own, snapshots.get(profileId)];
        const { isToBeRead, read, changes = [] } = news[index] ?? {};
        return evaluated && snapshot && isToBeRead
          ? findLeadUp(profiles, sandbox, { evaluated, snapshot, changes: read ?? changes }, plan)
          : undefined;
      }),
    );
    const views = await readViews(profiles, sandbox, policiesOf(plan.onDemand, plan), ids);
    const computed = plan.readsComputed ? await readComputed(profiles, sandbox, refs, nowMs) : new Map();
    const questions = known.map(({ profileId }, index): ImportQuestion => {
      const own = news[index];
      return { profileId, changes: own?.changes ?? [], identities: snapshots.get(profileId)?.identities };
    });
    const imported = plan.hasAudiences ? await findImports(profiles, imports, sandbox, questions, nowMs) : [];
    return known.map((each, index) => {
      const { profileId } = each;
      const scan = scanOf(snapshots.get(profileId), views[index], plan);
      const own = readings[index]?.own;
      const lacking = news[index] ?? (computed.has(profileId) || scan ? { changes: [] } : undefined);
      if (!own || !lacking) return { plan, evaluated: each.evaluated };
      const found: News = {
        changes: lacking.changes,
        snapshot: lacking.isToBeRead ? snapshots.get(profileId) : undefined,
        ...leadUps[index],
        untilMs: news[index] && nowMs,
        nowMs,
        computedNow: computed.get(profileId),
        imported: imported[index],
        scan,
      };
      const { evaluated, transitions } = evaluateProfile(own, found, plan);
      if (transitions.length === 0) states.replace(sandbox, each, withReading(each, evaluated));
      return { plan, evaluated };
    });
  };
}

/** What leads on from an evaluation: changes, and the profile as it is where they alone do not. */
interface Lacking {
  readonly changes: readonly ProfileChanged[];
  /** The changes that were read, where they alone do not lead on. */
  readonly read?: readonly ProfileChanged[] | undefined;
  readonly isToBeRead?: boolean;
}

const ANEW: Lacking = { changes: [], isToBeRead: true };

/** What the evaluation lacks; `undefined` when nothing. */
async function newsOf(
  profiles: ProfileReader,
  sandbox: string,
  { id, revision }: ProfileRef,
  evaluated: Evaluated | undefined,
  nowMs: number,
  plan: Plan,
): Promise<Lacking | undefined> {
  if (!evaluated || isAsAsked(evaluated, revision, nowMs, plan)) return undefined;
  if (isStranger(evaluated)) return newsOfStranger(profiles, sandbox, id, evaluated, plan);
  if (!isCurrent(evaluated, plan)) return ANEW;
  if (evaluated.revision >= revision) return { changes: [] };
  const changes = await profiles.changes(sandbox, { id, revision: evaluated.revision });
  if (!changes) return ANEW;
  // They tell what moved it, also where they alone do not lead on.
  return { changes, isToBeRead: needsSnapshot(evaluated, changes, plan) };
}

/** True when rules and time have moved nothing, and the revision was seen. */
function isAsAsked(evaluated: Evaluated, revision: number, nowMs: number, plan: Plan): boolean {
  if (evaluated.ended) return true;
  if (evaluated.revision === 0 || evaluated.revision < revision || !isCurrent(evaluated, plan)) return false;
  return (findDueMs(evaluated, plan) ?? Number.POSITIVE_INFINITY) > nowMs && isLive(evaluated, plan);
}

/** Asks the shared segments that else wait for a scan. What it finds is announced by the next scan. */
function scanOf(
  snapshot: ProfileSnapshot | undefined,
  views: PolicyViews = NO_VIEWS,
  { onDemand }: Plan,
): Scan | undefined {
  if (!snapshot || onDemand.length === 0) return undefined;
  return { segmentIds: onDemand, snapshot, views, by: { cause: { kind: 'TIME' }, origin: 'asked' } };
}

/** False when an audience that the profile was imported into was withdrawn. */
function isLive({ imports }: Evaluated, plan: Plan): boolean {
  for (const id of imports.keys()) if (plan.versionOf(id) === 0) return false;
  return true;
}

/** One who was never evaluated: the whole of the changes tells more than a snapshot, where there are not many. */
async function newsOfStranger(
  profiles: ProfileReader,
  sandbox: string,
  id: string,
  evaluated: Evaluated,
  plan: Plan,
): Promise<Lacking> {
  const changes = await profiles.changes(sandbox, { id, revision: 0 });
  const [first] = changes ?? [];
  const isWhole = first?.revision === 1 && first.atMs >= plan.sinceMs;
  return changes && isWhole
    ? { changes, isToBeRead: needsSnapshot(evaluated, changes, plan) }
    : { ...ANEW, read: changes };
}

/** Computed attributes as they are now: some change with every instant. */
async function readComputed(
  profiles: ProfileReader,
  sandbox: string,
  refs: readonly ProfileRef[],
  nowMs: number,
): Promise<ReadonlyMap<string, ComputedAt>> {
  const found = await profiles.computed(
    sandbox,
    refs.map(({ id }) => ({ id, atMs: nowMs })),
  );
  return new Map(
    found.flatMap((each) => {
      return each ? [[each.id, { ...each, atMs: nowMs }]] : [];
    }),
  );
}

async function readSnapshots(
  profiles: ProfileReader,
  sandbox: string,
  refs: readonly ProfileRef[],
): Promise<ReadonlyMap<string, ProfileSnapshot>> {
  if (refs.length === 0) return new Map();
  const ids = refs.map(({ id }) => id);
  const found = await profiles.getMany(sandbox, ids, { events: true });
  return new Map(found.flatMap((snapshot) => (snapshot ? [[snapshot.id, snapshot]] : [])));
}

// What only a reader asked for is not worth storing when memory needs its room.
function withReading(known: Known, evaluated: Evaluated): Known {
  const isFirst = known.evaluated.revision === 0;
  return { ...known, evaluated, ...(isFirst && { storedRevision: evaluated.revision }) };
}
