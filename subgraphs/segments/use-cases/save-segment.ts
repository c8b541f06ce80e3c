import type { ProfileReader, SegmentUsers } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { decideAnew } from '../../../platform/store/decide-anew';
import type { Write } from '../../../platform/store/store';
import { newBackfill, newWithdrawal } from '../domain/job';
import { parseRule } from '../domain/rule';
import { deactivate, markDeleted, publish, type Segment, type SegmentDraft, saveDraft } from '../domain/segment';
import {
  checkCycle,
  checkDraft,
  checkId,
  checkVersion,
  getExisting,
  segmentInUse,
  segmentsUsing,
  takesNoRule,
} from '../domain/segment-checks';
import type { CountsStore } from '../store/counts-store';
import { backfillId, type JobStore, withdrawalId } from '../store/job-store';
import {
  type Changed,
  type DescribeDependencies,
  describeChange,
  type SavedSegment,
  type Segments,
} from './describe-segment';
import { getView } from './read-views';

export interface SegmentChange {
  readonly id: string;
  readonly draft: SegmentDraft;
  readonly publish: boolean;
  readonly expectedVersion?: number | undefined;
}

/** What the verbs over segments stand on. */
export interface SegmentDependencies extends DescribeDependencies {
  readonly jobs: JobStore;
  readonly counts: CountsStore;
  readonly users: () => readonly SegmentUsers[];
  readonly profiles: Pick<ProfileReader, 'policies'>;
  readonly clock: Clock;
  /** There is work in the background. */
  readonly onWork: (sandbox: string) => void;
}

/** The verbs over segments. Each fails with NOT_FOUND where there is none, and with CONFLICT where it is in the way. */
export interface SegmentVerbs {
  /** Fails with BAD_USER_INPUT, `details.diagnostics`, for a rule that cannot be. */
  save(sandbox: string, change: SegmentChange): Promise<SavedSegment>;
  publish(sandbox: string, id: string): Promise<SavedSegment>;
  deactivate(sandbox: string, id: string): Promise<SavedSegment>;
  /** Fails with CONFLICT, the users in `details.usedBy`, while others need it (S-9). */
  delete(sandbox: string, id: string): Promise<void>;
  /** Who names the segment, as `kind:id`. */
  usedBy(sandbox: string, id: string): Promise<readonly string[]>;
  /** The segments that name a merge policy, saved or live, as `segment:id`. */
  usingPolicy(sandbox: string, mergePolicy: string): Promise<readonly string[]>;
}

/** Every change is one commit of the segment and of the work that it calls for. */
export function createSegmentVerbs(dependencies: SegmentDependencies): SegmentVerbs {
  const { configuration, clock } = dependencies;

  const change = async (
    sandbox: string,
    id: string,
    decide: (before: Segment | undefined, all: Segments) => Segment,
    expectedVersion?: number,
  ): Promise<Changed> => {
    return decideAnew(async () => {
      const all = await configuration.segments.all(sandbox);
      const stored = all.get(id);
      checkVersion(id, stored?.value, expectedVersion);
      const next = decide(stored?.value, all);
      return async () => {
        if (stored && next === stored.value) return { before: stored.value, after: stored };
        const writes = await workOf(dependencies, sandbox, id, stored?.value, next);
        const after = await configuration.segments.put(sandbox, id, next, stored?.version ?? 0, { writes });
        if (writes.length > 0) dependencies.onWork(sandbox);
        return { before: stored?.value, after };
      };
    });
  };
  const describe = (sandbox: string, changed: Changed): Promise<SavedSegment> =>
    describeChange(dependencies, sandbox, changed);
  const usedBy = async (sandbox: string, id: string): Promise<readonly string[]> => {
    const others = await Promise.all(dependencies.users().map((users) => users.usersOf(sandbox, id)));
    const shares = [...(await configuration.shares.all(sandbox))];
    const sources = shares.flatMap(([source, { value }]) => (id in value.segments ? [`source:${source}`] : []));
    return [...segmentsUsing(id, await configuration.segments.all(sandbox)), ...sources, ...others.flat()];
  };
  return {
    async save(sandbox, { id, draft, publish: isToPublish, expectedVersion }) {
      checkId(id);
      checkDraft(draft);
      await getView(dependencies.profiles, sandbox, draft.mergePolicy);
      const tree = parseRule(draft.rule);
      const nowMs = clock.now();
      const changed = await change(
        sandbox,
        id,
        (known, all) => {
          if (known?.external && known.status !== 'DELETED') throw takesNoRule(id);
          checkCycle(id, tree, all, (segment) => segment.rule);
          const saved = saveDraft(known, draft);
          return isToPublish ? published(id, saved, all, nowMs) : saved;
        },
        expectedVersion,
      );
      return describe(sandbox, changed);
    },
    async publish(sandbox, id) {
      const nowMs = clock.now();
      const changed = await change(sandbox, id, (known, all) => published(id, getExisting(id, known), all, nowMs));
      return describe(sandbox, changed);
    },
    async deactivate(sandbox, id) {
      const nowMs = clock.now();
      return describe(sandbox, await change(sandbox, id, (known) => deactivate(getExisting(id, known), nowMs)));
    },
    async delete(sandbox, id) {
      const nowMs = clock.now();
      getExisting(id, (await configuration.segments.all(sandbox)).get(id)?.value);
      const users = await usedBy(sandbox, id);
      if (users.length > 0) throw segmentInUse(id, users);
      await change(sandbox, id, (known, all) => {
        const segment = getExisting(id, known);
        const asking = segmentsUsing(id, all);
        if (asking.length > 0) throw segmentInUse(id, asking);
        return markDeleted(segment, nowMs);
      });
    },
    usedBy,
    async usingPolicy(sandbox, mergePolicy) {
      const all = [...(await configuration.segments.all(sandbox)).values()];
      const names = ({ status, ...saved }: Segment): boolean =>
        status !== 'DELETED' && [saved.mergePolicy, saved.live?.mergePolicy].includes(mergePolicy);
      return all.filter(({ value }) => names(value)).map(({ id }) => `segment:${id}`);
    },
  };
}

function published(id: string, segment: Segment, all: Segments, nowMs: number): Segment {
  if (!segment.external) checkCycle(id, parseRule(segment.rule), all, ({ live }) => live?.rule);
  return publish(segment, nowMs);
}

/** The jobs that bring a change of what is live to all people. */
async function workOf(
  { jobs, counts }: SegmentDependencies,
  sandbox: string,
  id: string,
  before: Segment | undefined,
  after: Segment,
): Promise<readonly Write[]> {
  if (after.live && after.live !== before?.live) return [jobs.put(backfillId(id), newBackfill(id, after.live.sinceMs))];
  if (!before?.live || after.live) return [];
  const { realized } = await counts.total(sandbox, id);
  return [jobs.put(withdrawalId(id), newWithdrawal(id, realized))];
}
