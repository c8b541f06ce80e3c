import { parsePql } from '../platform/pql/parse';
import type { Person, Rule, RuleEvent } from '../subgraphs/segments/domain/engine/rule-set';
import { createRandom } from '../test/support/random';

const DAY_MS = 86_400_000;
const EVENT_TYPES = 20;
const CATEGORIES = 10;

/** When the histories end. */
export const NOW_MS = Date.UTC(2026, 0, 15, 12);

/** One condition, in words that every contestant's rules are made from. */
export type Predicate =
  | { readonly kind: 'number'; readonly field: string; readonly operator: '>' | '<' | '>='; readonly value: number }
  | { readonly kind: 'equals'; readonly field: string; readonly value: string }
  | { readonly kind: 'in'; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: 'flag'; readonly field: string }
  | { readonly kind: 'events'; readonly text: string };

/** A rule: all of its predicates hold, or all of the first and any of the others. */
export interface WorkloadRule {
  readonly id: string;
  readonly joins: 'all' | 'any';
  readonly predicates: readonly Predicate[];
}

/** Picks among what is given, the same for the same seed. */
export function createPicker(seed: number) {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    random,
    below,
    of: <T>(items: readonly T[]): T => items[below(items.length)] as T,
  };
}

type Picker = ReturnType<typeof createPicker>;

/**
 * Rules of 3 to 6 predicates over 31 fields. 20 % count events in a window of 1 to 30 days, 10 % ask for a recent one,
 * 10 % for a sequence of three.
 */
export function createWorkload(count: number, seed = 5): readonly WorkloadRule[] {
  const pick = createPicker(seed);
  return Array.from({ length: count }, (_, index): WorkloadRule => {
    const predicates = Array.from({ length: 3 + pick.below(4) }, () => createPredicate(pick));
    const share = pick.random();
    if (share < 0.2) predicates[1] = { kind: 'events', text: countText(pick) };
    else if (share < 0.3) predicates[1] = { kind: 'events', text: recencyText(pick) };
    else if (share < 0.4) predicates[1] = { kind: 'events', text: sequenceText(pick) };
    return { id: `s${index}`, joins: pick.random() < 0.7 ? 'all' : 'any', predicates };
  });
}

/** Rules of so many predicates each, over fields alone. */
export function createFieldWorkload(count: number, clauses: number, seed = 6): readonly WorkloadRule[] {
  const pick = createPicker(seed);
  return Array.from({ length: count }, (_, index): WorkloadRule => {
    const predicates = Array.from({ length: clauses }, () => createPredicate(pick));
    return { id: `s${index}`, joins: pick.random() < 0.7 ? 'all' : 'any', predicates };
  });
}

function createPredicate(pick: Picker): Predicate {
  const share = pick.random();
  if (share < 0.45) {
    return {
      kind: 'number',
      field: `n${pick.below(16)}`,
      operator: pick.of(['>', '<', '>='] as const),
      value: pick.below(100),
    };
  }
  if (share < 0.8) return { kind: 'equals', field: `t${pick.below(12)}`, value: `v${pick.below(8)}` };
  if (share < 0.92) {
    return { kind: 'in', field: `t${pick.below(12)}`, values: [`v${pick.below(4)}`, `v${4 + pick.below(4)}`] };
  }
  return { kind: 'flag', field: `b${pick.below(3)}` };
}

function filterText(pick: Picker): string {
  const type = `eventType = "type${pick.below(EVENT_TYPES)}"`;
  return pick.random() < 0.5 ? type : `${type} and category = "c${pick.below(CATEGORIES)}"`;
}

function countText(pick: Picker): string {
  const window = `timestamp occurs < ${1 + pick.below(30)} days before now`;
  return `xEvent[${filterText(pick)} and ${window}].count() >= ${1 + pick.below(5)}`;
}

function recencyText(pick: Picker): string {
  return `xEvent.exists(${filterText(pick)} and timestamp occurs < ${1 + pick.below(720)} hours before now)`;
}

function sequenceText(pick: Picker): string {
  const steps = ['A', 'B', 'C'].map((label) => `${label}: WHAT(${filterText(pick)})`);
  const when = pick.random() < 0.5 ? ` WHEN(< ${1 + pick.below(30)} days before now)` : '';
  return `chain(xEvent, timestamp, [${steps.join(', ')}${when}])`;
}

/** The rule as PQL. */
export function toPql({ joins, predicates }: WorkloadRule): string {
  const texts = predicates.map(predicateText);
  const [first = 'true', ...others] = texts;
  return joins === 'all' ? texts.join(' and ') : `${first} and (${others.join(' or ')})`;
}

function predicateText(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'number':
      return `${predicate.field} ${predicate.operator} ${predicate.value}`;
    case 'equals':
      return `${predicate.field} = "${predicate.value}"`;
    case 'in':
      return `${predicate.field} in ["${predicate.values.join('", "')}"]`;
    case 'flag':
      return `${predicate.field} = true`;
    case 'events':
      return predicate.text;
  }
}

/** The rules as the engine takes them. */
export function toRules(workload: readonly WorkloadRule[]): readonly Rule[] {
  return workload.map((rule) => ({ id: rule.id, version: 1, tree: parse(toPql(rule)) }));
}

/** The tree of a rule that must be readable. */
export function parse(text: string) {
  const parsed = parsePql(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.diagnostics[0]?.message}`);
  return parsed.tree;
}

/** A person with all 31 fields and 50 events of the last sixty days. */
export function createPerson(pick: Picker, number: number): Person {
  return {
    attributes: createAttributes(pick),
    events: Array.from({ length: 50 }, (_, n) =>
      createEvent(pick, number, n, NOW_MS - Math.floor(pick.random() * 60 * DAY_MS)),
    ),
  };
}

/** Values for all 31 fields. */
export function createAttributes(pick: Picker): Readonly<Record<string, unknown>> {
  const attributes: Record<string, unknown> = {};
  for (let n = 0; n < 16; n++) attributes[`n${n}`] = pick.below(100);
  for (let n = 0; n < 12; n++) attributes[`t${n}`] = `v${pick.below(8)}`;
  for (let n = 0; n < 3; n++) attributes[`b${n}`] = pick.random() < 0.5;
  return attributes;
}

/** An event of some type and category. */
export function createEvent(pick: Picker, person: number, n: number, timestampMs: number): RuleEvent {
  const data = {
    eventType: `type${pick.below(EVENT_TYPES)}`,
    category: `c${pick.below(CATEGORIES)}`,
    price: pick.below(200),
    timestamp: new Date(timestampMs).toISOString(),
  };
  return { key: `web|${person}-${n}`, timestampMs, data };
}
