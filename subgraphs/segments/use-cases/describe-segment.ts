import type { PqlDiagnostic } from '../../../platform/pql/parse';
import type { Stored } from '../../../platform/store/store';
import type { RuleMethod, RuleSetOptions } from '../domain/engine/rule-set';
import { type AskedRule, methodOfRule } from '../domain/methods';
import type { Plan } from '../domain/plan';
import { viewUnder } from '../domain/policy-view';
import { parseRule, segmentsOfRule, warningsOf } from '../domain/rule';
import type { Segment } from '../domain/segment';
import type { SegmentsConfiguration } from '../store/segments-configuration';
import type { FindKnownFields } from './find-known-fields';

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

/** All segments of a sandbox by id, deleted ones included. */
export type Segments = ReadonlyMap<string, Stored<Segment>>;

/** A change of a segment, done. */
export interface Changed {
  readonly before: Segment | undefined;
  readonly after: Stored<Segment>;
}

/** What describing stands on. */
export interface DescribeDependencies {
  readonly configuration: SegmentsConfiguration<Plan>;
  /** Names that rules may read, as far as they are known. */
  readonly knownFields: FindKnownFields;
  readonly findDefaultPolicy: (sandbox: string) => Promise<string>;
  /** How rules are read. */
  readonly rules: RuleSetOptions;
}

/** What a person should know of the change: what is doubtful, and whose method is another since. */
export async function describeChange(
  dependencies: DescribeDependencies,
  sandbox: string,
  { before, after }: Changed,
): Promise<SavedSegment> {
  const { id } = after;
  const { configuration, rules, findDefaultPolicy } = dependencies;
  const all = await configuration.segments.all(sandbox);
  const warnings = await findWarnings(dependencies, sandbox, after, all);
  const policy = await findDefaultPolicy(sandbox);
  const previousEvaluation = before && changedMethod(id, before, after.value, all, rules, policy);
  const moved = findMoved(after, before, all, rules, policy);
  return { segment: after, warnings, moved, ...(previousEvaluation && { previousEvaluation }) };
}

async function findWarnings(
  { knownFields }: DescribeDependencies,
  sandbox: string,
  { id, value }: Stored<Segment>,
  all: Segments,
): Promise<readonly PqlDiagnostic[]> {
  const others = [...all.values()].filter((known) => known.id !== id && known.value.status !== 'DELETED');
  const segments = others.map((known) => known.id);
  return warningsOf(parseRule(value.rule), { ...(await knownFields(sandbox)), segments });
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
