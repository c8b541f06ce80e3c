import { compileRule, type PqlScope } from '../../../platform/pql/evaluate';
import { inspectPql, type PqlInspection } from '../../../platform/pql/inspect';
import { parsePql } from '../../../platform/pql/parse';
import type { Expression } from '../../../platform/pql/tree';
import { createRuleSet, type RuleSet, type RuleSetOptions } from './engine/rule-set';
import { viewUnder } from './policy-view';
import { createScreening, readsComputed, type ScreenedRule, type Screening } from './screening';
import type { LiveRule, Segment } from './segment';

/** A published rule that reads the request: it holds for that request alone (S-4a). */
export interface RequestRule {
  readonly id: string;
  readonly version: number;
  readonly readsEvents: boolean;
  /** The merge policy whose view of the person it is asked on; absent: the default one. */
  readonly view: string | undefined;
  readonly holds: (scope: PqlScope) => boolean;
}

/** Everything that is evaluated at one moment: made once per change of the segments, and used as a whole. */
export interface Plan {
  /** Names the rules that states are made by. */
  readonly fingerprint: string;
  /** When any rule was last published or withdrawn. */
  readonly sinceMs: number;
  readonly rules: RuleSet;
  /** Published rules that read the request, each after those that it asks for. Nothing of them is kept. */
  readonly requestRules: readonly RequestRule[];
  /** True when a rule reads computed attributes, which time alone may change. */
  readonly readsComputed: boolean;
  /** Shared segments whose rules need a scan: they are asked on each request, so that they count at once (S-17). */
  readonly onDemand: readonly string[];
  /** True when there are audiences from elsewhere. */
  readonly hasAudiences: boolean;
  /** Every segment, deleted ones included. */
  readonly segments: ReadonlyMap<string, Segment>;
  /** The live version of a segment; 0 when it is not published. */
  versionOf(segmentId: string): number;
  /** The merge policy whose view of people a published rule is asked on; `undefined`: the default one. */
  viewOf(segmentId: string): string | undefined;
  /** When the rule, or one that it asks for, was last published. */
  movedAtMs(segmentId: string): number;
  /** The rules that were published since, by themselves; `undefined` when they can only be asked with all the rest. */
  screeningSince(sinceMs: number): Screening | undefined;
}

interface Live {
  readonly id: string;
  readonly rule: LiveRule;
  readonly tree: Expression;
  readonly reads: PqlInspection;
  readonly view: string | undefined;
}

/** What a plan is made of. */
export interface PlanSource {
  readonly segments: ReadonlyMap<string, Segment>;
  /** The segments that a source shares. */
  readonly shared: ReadonlySet<string>;
  /** The merge policy whose views are kept live; absent: nobody names one. */
  readonly defaultPolicy?: string | undefined;
}

/** Compiles plans; rules that stay the same as a whole are compiled once. */
export function createPlanner(options: RuleSetOptions & { readonly timeZone: string }): (source: PlanSource) => Plan {
  const { timeZone } = options;
  const ruleSetOf = rememberRuleSets(options);
  return ({ segments, shared, defaultPolicy }) => {
    const audiences = new Map([...segments].filter(([, { external, live: rule }]) => external && rule));
    const live = [...segments].flatMap((each) => toLive(each, defaultPolicy)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const byId = new Map(live.map((each) => [each.id, each]));
    const onRequest = findRequestRules(live, byId);
    const kept = live.filter((each) => !onRequest.has(each));
    const rules = ruleSetOf(kept);
    const movedAt = new Map<string, number>();
    const screeningSince = remember((sinceMs: number) => {
      const ids = kept.flatMap(({ id }) => (movedAtMs(id, byId, movedAt) >= sinceMs ? [id] : []));
      const ruleOf = (id: string): ScreenedRule | undefined => {
        const own = byId.get(id);
        return own && { ...own, version: own.rule.version };
      };
      return createScreening(ids, ruleOf, (id) => audiences.has(id), options);
    });
    const stamps = [...segments.values()].map(({ live: rule, endedMs }) => rule?.sinceMs ?? endedMs ?? 0);
    return {
      fingerprint: rules.fingerprint,
      sinceMs: stamps.reduce((a, b) => Math.max(a, b), 0),
      rules,
      requestRules: [...onRequest].map((each) => toRequestRule(each, timeZone)),
      readsComputed: live.some(({ reads }) => readsComputed(reads)),
      onDemand: rules.general.filter((id) => shared.has(id)),
      hasAudiences: audiences.size > 0,
      segments,
      versionOf: (id) => byId.get(id)?.rule.version ?? audiences.get(id)?.live?.version ?? 0,
      viewOf: (id) => byId.get(id)?.view,
      movedAtMs: (id) => movedAtMs(id, byId, movedAt),
      screeningSince,
    };
  };
}

/** Asks once for what is asked for again. */
function remember<R>(answer: (sinceMs: number) => R): (sinceMs: number) => R {
  let known: { readonly sinceMs: number; readonly answer: R } | undefined;
  return (sinceMs) => {
    if (known?.sinceMs !== sinceMs) known = { sinceMs, answer: answer(sinceMs) };
    return known.answer;
  };
}

function rememberRuleSets(options: RuleSetOptions): (live: readonly Live[]) => RuleSet {
  let known: { readonly key: string; readonly rules: RuleSet }[] = [];
  return (live) => {
    const key = JSON.stringify(live.map(({ id, rule, view }) => [id, rule.version, rule.rule, view]));
    const found = known.find((each) => each.key === key);
    if (found) return found.rules;
    const rules = createRuleSet(
      live.map(({ id, rule, tree, view }) => ({ id, version: rule.version, tree, view })),
      options,
    );
    // A few, as several sandboxes take turns.
    known = [{ key, rules }, ...known.slice(0, 7)];
    return rules;
  };
}

function toLive([id, { live, external }]: [string, Segment], defaultPolicy: string | undefined): readonly Live[] {
  if (!live || external) return [];
  const parsed = parsePql(live.rule);
  const view = viewUnder(live.mergePolicy, defaultPolicy);
  return parsed.ok ? [{ id, rule: live, tree: parsed.tree, reads: inspectPql(parsed.tree), view }] : [];
}

/** Those that read the request themselves or through `inSegment`, each after those that it asks for. */
function findRequestRules(live: readonly Live[], byId: ReadonlyMap<string, Live>): ReadonlySet<Live> {
  const found = new Set<Live>();
  const visited = new Set<string>();
  const visit = (each: Live): boolean => {
    if (visited.has(each.id)) return found.has(each);
    visited.add(each.id);
    const asked = each.reads.segments.flatMap((id) => byId.get(id) ?? []).map(visit);
    if (each.reads.readsContext || asked.includes(true)) found.add(each);
    return found.has(each);
  };
  for (const each of live) visit(each);
  return found;
}

function toRequestRule({ id, rule, tree, reads, view }: Live, timeZone: string): RequestRule {
  return { id, version: rule.version, readsEvents: reads.readsEvents, view, holds: compileRule(tree, { timeZone }) };
}

function movedAtMs(id: string, live: ReadonlyMap<string, Live>, known: Map<string, number>): number {
  const found = known.get(id);
  if (found !== undefined) return found;
  const own = live.get(id);
  if (!own) return 0;
  known.set(id, own.rule.sinceMs);
  const asked = own.reads.segments.map((reference) => movedAtMs(reference, live, known));
  const moved = asked.reduce((a, b) => Math.max(a, b), own.rule.sinceMs);
  known.set(id, moved);
  return moved;
}
