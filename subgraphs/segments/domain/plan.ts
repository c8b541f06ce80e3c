import { inspectPql } from '../../../platform/pql/inspect';
import { parsePql } from '../../../platform/pql/parse';
import type { Expression } from '../../../platform/pql/tree';
import type { Stored } from '../../../platform/store/store';
import { createRuleSet, type RuleSet } from './engine/rule-set';
import { segmentsOfRule } from './rule';
import type { LiveRule, Segment } from './segment';

/** Everything that is evaluated at one moment: made once per change of the segments, and used as a whole. */
export interface Plan {
  /** Names the rules that states are made by. */
  readonly fingerprint: string;
  /** When any rule was last published or withdrawn. */
  readonly sinceMs: number;
  readonly rules: RuleSet;
  /** Every segment, deleted ones included. */
  readonly segments: ReadonlyMap<string, Stored<Segment>>;
  /** True for segments whose members a scan finds, or that are told from elsewhere. */
  isGiven(segmentId: string): boolean;
  /** True when a rule that reads the request reads events too. */
  readonly contextReadsEvents: boolean;
  /** The live version of a segment; 0 when it is not published. */
  versionOf(segmentId: string): number;
  /** When the rule, or one that it asks for, was last published. */
  movedAtMs(segmentId: string): number;
}

interface Live {
  readonly id: string;
  readonly rule: LiveRule;
  readonly tree: Expression;
}

/** Compiles plans; rules that stay the same as a whole are compiled once. */
export function createPlanner(timeZone: string): (segments: ReadonlyMap<string, Stored<Segment>>) => Plan {
  const ruleSetOf = rememberRuleSets(timeZone);
  return (segments) => {
    const live = [...segments.values()].flatMap(toLive).sort((a, b) => (a.id < b.id ? -1 : 1));
    const byId = new Map(live.map((each) => [each.id, each]));
    const rules = ruleSetOf(live);
    const given = new Set(rules.general);
    const movedAt = new Map<string, number>();
    const stamps = [...segments.values()].map(({ value }) => value.live?.sinceMs ?? value.endedMs ?? 0);
    return {
      fingerprint: rules.fingerprint,
      sinceMs: stamps.reduce((a, b) => Math.max(a, b), 0),
      rules,
      segments,
      isGiven: (id) => given.has(id),
      contextReadsEvents: rules.contextual.some((id) => readsEvents(byId.get(id))),
      versionOf: (id) => byId.get(id)?.rule.version ?? 0,
      movedAtMs: (id) => movedAtMs(id, byId, movedAt),
    };
  };
}

function rememberRuleSets(timeZone: string): (live: readonly Live[]) => RuleSet {
  let known: { readonly key: string; readonly rules: RuleSet }[] = [];
  return (live) => {
    const key = JSON.stringify(live.map(({ id, rule }) => [id, rule.version, rule.rule]));
    const found = known.find((each) => each.key === key);
    if (found) return found.rules;
    const rules = createRuleSet(
      live.map(({ id, rule, tree }) => ({ id, version: rule.version, tree })),
      { timeZone },
    );
    // A few, as several sandboxes take turns.
    known = [{ key, rules }, ...known.slice(0, 7)];
    return rules;
  };
}

function toLive({ id, value }: Stored<Segment>): readonly Live[] {
  if (!value.live) return [];
  const parsed = parsePql(value.live.rule);
  return parsed.ok ? [{ id, rule: value.live, tree: parsed.tree }] : [];
}

function readsEvents(live: Live | undefined): boolean {
  return live !== undefined && inspectPql(live.tree).readsEvents;
}

function movedAtMs(id: string, live: ReadonlyMap<string, Live>, known: Map<string, number>): number {
  const found = known.get(id);
  if (found !== undefined) return found;
  const own = live.get(id);
  if (!own) return 0;
  known.set(id, own.rule.sinceMs);
  const asked = segmentsOfRule(own.tree).map((reference) => movedAtMs(reference, live, known));
  const moved = asked.reduce((a, b) => Math.max(a, b), own.rule.sinceMs);
  known.set(id, moved);
  return moved;
}
