import { compileTimedRule } from '../../../../../platform/pql/evaluate';
import { inspectPql } from '../../../../../platform/pql/inspect';
import { printPql } from '../../../../../platform/pql/print';
import { createCalendar } from '../../../../../platform/pql/time/calendar';
import { toContextualMethod, toKeptMethod } from '../method';
import type { Planning } from '../planning/event-filter';
import type { Conditions, Leaf } from '../planning/leaf';
import { planRule } from '../planning/plan';
import { Unkeepable } from '../planning/unkeepable';
import type { Rule, RuleMethod, RuleSetOptions } from '../rule';
import { inOrderOfReference } from '../segment-cycle';
import { Leaves } from './leaves';
import { createPrograms, type Joined, leavesOf, type Programs } from './program';

/** A rule in the order of evaluation. */
export interface CompiledRule {
  readonly id: string;
  /** Of a general rule, which has no program: its evaluation over the person as a whole. */
  readonly general?: ReturnType<typeof compileTimedRule>;
  readonly method: RuleMethod;
}

/** All rules, compiled together. */
export interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly programs: Programs;
  readonly positions: ReadonlyMap<string, number>;
  readonly leaves: Leaves;
  /** By condition: the rules that ask it. */
  readonly readers: readonly (readonly number[])[];
  readonly contextual: ReadonlyMap<string, RuleMethod>;
  /** Those, each after the ones that it asks for. */
  readonly contextualRules: readonly { readonly id: string; readonly answer: ReturnType<typeof compileTimedRule> }[];
}

/** Compiles the rules, each after those that it asks for. */
export function compileRules(
  all: readonly Rule[],
  { timeZone, maxEvents: most, keptEvents }: Required<RuleSetOptions>,
): CompiledRules {
  const planning: Planning = { calendar: createCalendar(timeZone), timeZone };
  const contextual = new Map<string, RuleMethod>();
  const ordered = inOrderOfReference(all);
  const kept = ordered.filter((rule) => {
    const { readsContext, segments } = inspectPql(rule.tree);
    if (readsContext || segments.some((id) => contextual.has(id))) contextual.set(rule.id, toContextualMethod(rule));
    return !contextual.has(rule.id);
  });
  const positions = new Map(kept.map(({ id }, index) => [id, index]));
  const leaves = new Leaves(planning, positions, most);
  const methods = new Map<string, RuleMethod>();
  const readers: number[][] = [];
  const rules = kept.map((rule, index) => {
    const compiled = compileRule(rule, leaves, planning, (id) => methods.get(id), { most, kept: keptEvents });
    methods.set(rule.id, compiled.method);
    for (const leaf of new Set(compiled.joined && leavesOf(compiled.joined))) {
      readers[leaf] ??= [];
      readers[leaf]?.push(index);
    }
    return compiled;
  });
  leaves.finish();
  const onRequest = ordered.filter(({ id }) => contextual.has(id));
  const joined = rules.map((rule) => rule.joined);
  return {
    rules,
    programs: createPrograms(joined, (leaf) => leaves.chances[leaf] ?? 0),
    contextualRules: onRequest.map(({ id, tree }) => ({ id, answer: compileTimedRule(tree, { timeZone }) })),
    positions,
    leaves,
    contextual,
    readers: Array.from({ length: leaves.count }, (_, leaf) => readers[leaf] ?? []),
  };
}

function compileRule(
  rule: Rule,
  leaves: Leaves,
  planning: Planning,
  methodOf: (id: string) => RuleMethod | undefined,
  { most, kept }: { readonly most: number; readonly kept: number },
): CompiledRule & { readonly joined: Joined | undefined } {
  const conditions = planOrReason(rule, planning, kept);
  if (typeof conditions === 'string') {
    const general = compileTimedRule(rule.tree, { timeZone: planning.timeZone });
    return { id: rule.id, general, method: { method: 'BATCH', reasons: [conditions] }, joined: undefined };
  }
  const joined = join(conditions, leaves);
  const method = toKeptMethod(conditions, methodOf, most);
  return { id: rule.id, method, joined };
}

function planOrReason({ tree, view }: Rule, planning: Planning, kept: number): Conditions | string {
  if (view !== undefined) return `It is evaluated on the view of the merge policy ${view}, which is not kept live.`;
  try {
    return planRule(tree, planning);
  } catch (error) {
    if (!(error instanceof Unkeepable)) throw error;
    return `${error.message} Of each person the ${kept} newest are kept.`;
  }
}

function join(conditions: Conditions, leaves: Leaves): Joined {
  switch (conditions.kind) {
    case 'constant':
      return conditions;
    case 'not':
      return { kind: 'not', of: join(conditions.of, leaves) };
    case 'and':
    case 'or':
      return { kind: conditions.kind, of: conditions.of.map((part) => join(part, leaves)) };
    case 'leaf':
      return { kind: 'leaf', leaf: leaves.add(conditions.leaf, toLeafKey(conditions.leaf, printPql(conditions.node))) };
  }
}

/** Leaves of the same key are one. */
function toLeafKey(leaf: Leaf, text: string): string {
  switch (leaf.kind) {
    case 'field':
      return JSON.stringify(['field', leaf.path, leaf.test]);
    case 'segment':
      return JSON.stringify(['segment', leaf.id]);
    case 'atLeast':
      return JSON.stringify(['atLeast', leaf.n, text]);
    default:
      return JSON.stringify([leaf.kind, text]);
  }
}
