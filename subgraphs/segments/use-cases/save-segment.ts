import type { ProfileReader, SegmentUsers } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { PqlDiagnostic } from '../../../platform/pql/parse';
import type { Expression } from '../../../platform/pql/tree';
import { decideAnew } from '../../../platform/store/decide-anew';
import type { Stored, Write } from '../../../platform/store/store';
import type { RuleMethod, RuleSetOptions } from '../domain/engine/rule-set';
import { findSegmentCycle } from '../domain/engine/segment-cycle';
import { newBackfill, newWithdrawal } from '../domain/job';
import { type AskedRule, methodOfRule } from '../domain/methods';
import type { Plan } from '../domain/plan';
import { viewUnder } from '../domain/policy-view';
import { parseRule, ruleRefused, segmentsOfRule, segmentUses, warningsOf } from '../domain/rule';
import { deactivate, markDeleted, publish, type Segment, type SegmentDraft, saveDraft } from '../domain/segment';
import type { CountsStore } from '../store/counts-store';
import { backfillId, type JobStore, withdrawalId } from '../store/job-store';
import type { SegmentsConfiguration } from '../store/segments-configuration';
import type { FindKnownFields } from './find-known-fields';
import { getView } from './read-views';

export interface SegmentChange {
  readonly id: string;
  readonly draft: SegmentDraft;
  readonly publish: boolean;
  readonly expectedVersion?: number | undefined;
}

/** A segment as it was saved, with what a person should know about it. */
export interface SavedSegment {
  readonly segment: Stored<Segment>;
  /** Set when the edit changed the method (S-4). */
  readonly previousEvaluation?: RuleMethod;
  /** The segments whose method changed with it, as they ask for this one. */
  readonly moved: readonly MovedSegment[];
  readonly warnings: readonly PqlDiagnostic[];
}

/** A segment whose method is another than before, though nobody edited it. */
export interface MovedSegment {
  readonly segment: Stored<Segment>;
  readonly previousEvaluation: RuleMethod;
}

/** What the verbs over segments stand on. */
export interface SegmentDependencies {
  readonly configuration: SegmentsConfiguration<Plan>;
  readonly jobs: JobStore;
  readonly counts: CountsStore;
  readonly users: () => readonly SegmentUsers[];
  /** Names that rules may read, as far as they are known. */
  readonly knownFields: FindKnownFields;
  readonly profiles: Pick<ProfileReader, 'policies'>;
  readonly findDefaultPolicy: (sandbox: string) => Promise<string>;
  /** How rules are read. */
  readonly rules: RuleSetOptions;
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

type Segments = ReadonlyMap<string, Stored<Segment>>;

interface Changed {
  readonly before: Segment | undefined;
  readonly after: Stored<Segment>;
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
  const usedBy = async (sandbox: string, id: string): Promise<readonly string[]> => {
    const others = await Promise.all(dependencies.users().map((users) => users.usersOf(sandbox, id)));
    const shares = [...(await configuration.shares.all(sandbox))];
    const sources = shares.flatMap(([source, { value }]) => (id in value.segments ? [`source:${source}`] : []));
    return [...segmentsUsing(id, await configuration.segments.all(sandbox)), ...sources, ...others.flat()];
  };
  const describe = async (sandbox: string, { before, after }: Changed): Promise<SavedSegment> => {
    const { id } = after;
    const all = await configuration.segments.all(sandbox);
    const warnings = await findWarnings(dependencies, sandbox, id, parseRule(after.value.rule));
    const policy = await dependencies.findDefaultPolicy(sandbox);
    const previousEvaluation = before && changedMethod(id, before, after.value, all, dependencies.rules, policy);
    const moved = findMoved(after, before, all, dependencies.rules, policy);
    return { segment: after, warnings, moved, ...(previousEvaluation && { previousEvaluation }) };
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
          if (known?.external && known.status !== 'DELETED') throw isExternal(id);
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
      const changed = await change(sandbox, id, (known, all) => published(id, existing(id, known), all, nowMs));
      return describe(sandbox, changed);
    },
    async deactivate(sandbox, id) {
      const nowMs = clock.now();
      return describe(sandbox, await change(sandbox, id, (known) => deactivate(existing(id, known), nowMs)));
    },
    async delete(sandbox, id) {
      const nowMs = clock.now();
      existing(id, (await configuration.segments.all(sandbox)).get(id)?.value);
      const users = await usedBy(sandbox, id);
      if (users.length > 0) throw inUse(id, users);
      await change(sandbox, id, (known, all) => {
        const segment = existing(id, known);
        const asking = segmentsUsing(id, all);
        if (asking.length > 0) throw inUse(id, asking);
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

/** The other segments whose rule, saved or live, asks for this one. */
function segmentsUsing(id: string, all: Segments): readonly string[] {
  return [...all.values()].flatMap(({ id: other, value }) => {
    if (other === id || value.status === 'DELETED') return [];
    const rules = [value.rule, ...(value.live ? [value.live.rule] : [])];
    return rules.some((rule) => segmentsOfRule(parseRule(rule)).includes(id)) ? [`segment:${other}`] : [];
  });
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

async function findWarnings(
  { configuration, knownFields }: SegmentDependencies,
  sandbox: string,
  id: string,
  tree: Expression,
): Promise<readonly PqlDiagnostic[]> {
  const segments = [...(await configuration.segments.all(sandbox)).values()]
    .filter((known) => known.id !== id && known.value.status !== 'DELETED')
    .map((known) => known.id);
  return warningsOf(tree, { ...(await knownFields(sandbox)), segments });
}

function changedMethod(
  id: string,
  before: Segment,
  after: Segment,
  all: Segments,
  rules: RuleSetOptions,
  defaultPolicy: string,
): RuleMethod | undefined {
  if (before.status === 'DELETED') return undefined;
  const previous = methodOf(id, before, all, rules, defaultPolicy);
  return previous.method === methodOf(id, after, all, rules, defaultPolicy).method ? undefined : previous;
}

/** Those who ask for the segment, themselves or through others, and are evaluated in another way since its change. */
function findMoved(
  changed: Stored<Segment>,
  before: Segment | undefined,
  all: Segments,
  rules: RuleSetOptions,
  defaultPolicy: string,
): readonly MovedSegment[] {
  const { id, version } = changed;
  const now = new Map([...all, [id, changed]]);
  const then = new Map(now);
  if (before) then.set(id, { id, version, value: before });
  else then.delete(id);
  return askingFor(id, now).flatMap((segment): readonly MovedSegment[] => {
    const [was, is] = [then, now].map((those) => methodOf(segment.id, segment.value, those, rules, defaultPolicy));
    return was && was.method !== is?.method ? [{ segment, previousEvaluation: was }] : [];
  });
}

/** The segments whose saved rule asks for `id`, or for one that does. */
function askingFor(id: string, all: Segments): readonly Stored<Segment>[] {
  const found = new Map<string, Stored<Segment>>();
  const asked = new Set([id]);
  for (const each of asked) {
    for (const segment of all.values()) {
      const { status, external, rule } = segment.value;
      if (status === 'DELETED' || external || asked.has(segment.id)) continue;
      if (!segmentsOfRule(parseRule(rule)).includes(each)) continue;
      found.set(segment.id, segment);
      asked.add(segment.id);
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** How the saved rule is evaluated beside the segments that were saved. */
export function methodOf(
  id: string,
  segment: Pick<Segment, 'rule' | 'mergePolicy'>,
  all: Segments,
  rules: RuleSetOptions,
  defaultPolicy: string,
): RuleMethod {
  const toAsked = ({ rule, mergePolicy }: Pick<Segment, 'rule' | 'mergePolicy'>): AskedRule => ({
    tree: parseRule(rule),
    view: viewUnder(mergePolicy, defaultPolicy),
  });
  const ruleOf = (other: string): AskedRule | undefined => {
    const saved = all.get(other)?.value;
    return saved && saved.status !== 'DELETED' ? toAsked(saved) : undefined;
  };
  return methodOfRule(id, toAsked(segment), ruleOf, rules);
}

function checkCycle(
  id: string,
  tree: Expression,
  all: Segments,
  ruleOf: (segment: Segment) => string | undefined,
): void {
  const others = [...all.values()].flatMap(({ id: other, value }) => {
    const rule = value.status === 'DELETED' || value.external || other === id ? undefined : ruleOf(value);
    return rule === undefined ? [] : [{ id: other, tree: parseRule(rule) }];
  });
  const cycle = findSegmentCycle([{ id, tree }, ...others]);
  if (!cycle?.includes(id)) return;
  const reason = `its inSegment leads back to itself: ${cycle.join(' → ')}`;
  const next = cycle[cycle.indexOf(id) + 1] ?? cycle[1];
  const uses = segmentUses(tree).filter((use) => use.id === next);
  throw ruleRefused(
    reason,
    uses.map(({ at }) => ({ message: `The rule is in a cycle: ${cycle.join(' → ')}`, ...at })),
  );
}

function checkVersion(id: string, segment: Segment | undefined, expectedVersion: number | undefined): void {
  const version = segment && segment.status !== 'DELETED' ? segment.version : 0;
  if (expectedVersion === undefined || expectedVersion === version) return;
  throw new AppError('CONFLICT', `Segment ${id} is at version ${version}, not ${expectedVersion}.`, {
    retryable: false,
    details: { id, version, expectedVersion },
  });
}

function checkId(id: string): void {
  if (/^[^\s|\p{Cc}]{1,200}$/u.test(id)) return;
  const reason = `an id has 1 to 200 characters without blanks and "|"; received "${id.slice(0, 200)}"`;
  throw new AppError('BAD_USER_INPUT', `id: ${reason}.`, { details: { path: 'id' } });
}

function checkDraft({ name }: SegmentDraft): void {
  if (name.trim() === '' || name.length > 1_000) {
    throw new AppError('BAD_USER_INPUT', 'name: a segment needs a name of at most 1,000 characters.', {
      details: { path: 'name' },
    });
  }
}

function existing(id: string, segment: Segment | undefined): Segment {
  if (segment && segment.status !== 'DELETED') return segment;
  throw new AppError('NOT_FOUND', `There is no segment ${id}.`, { details: { id } });
}

function isExternal(id: string): AppError {
  const reason = 'it is an audience from elsewhere; import its members';
  return new AppError('BAD_USER_INPUT', `id: ${id} takes no rule, as ${reason}.`, { details: { path: 'id' } });
}

function inUse(id: string, usedBy: readonly string[]): AppError {
  return new AppError('CONFLICT', `Segment ${id} is used by ${usedBy.join(', ')}.`, {
    retryable: false,
    details: { id, usedBy },
  });
}
