import { asCondition } from './condition';
import { compileNode } from './evaluation/compile';
import { toPlain } from './evaluation/plain';
import type { Compilation, Names, PqlEvent, PqlScope, Run } from './evaluation/scope';
import { createCalendar } from './time/calendar';
import type { Expression } from './tree';

export type { PqlEvent, PqlScope } from './evaluation/scope';

/** Answers a formula for one scope; plain JSON, `undefined` where the answer is missing. Never throws. */
export type PqlEvaluator = (scope: PqlScope) => unknown;

export interface PqlOptions {
  /** The IANA zone of days and months (default: UTC). */
  readonly timeZone?: string;
}

/** An answer, and until when it stays if nothing but time passes. */
export interface TimedAnswer {
  readonly value: unknown;
  /** The first instant at which it may change by itself; it need not. Infinity for never. */
  readonly turnMs: number;
}

/** Compiles a formula to closures: once, then one call per person. */
export function compilePql(tree: Expression, options: PqlOptions = {}): PqlEvaluator {
  const answer = compileFormula(tree, [], options);
  return (scope) => toJson(answer(scope, []).value);
}

/** Compiles a rule: true for those who fulfil it. Never throws. */
export function compileRule(tree: Expression, options: PqlOptions = {}): (scope: PqlScope) => boolean {
  const answer = compileTimedRule(tree, options);
  return (scope) => answer(scope).value;
}

/** As `compileRule`, with the instant up to which the answer stays. */
export function compileTimedRule(
  tree: Expression,
  options: PqlOptions = {},
): (scope: PqlScope) => TimedAnswer & { readonly value: boolean } {
  const answer = compileFormula(asCondition(tree), [], options);
  return (scope) => {
    const { value, turnMs } = answer(scope, []);
    return { value: value === true, turnMs };
  };
}

/** Compiles a tree in which names stand for values that are given with each call, in order. Dates stay DateValues. */
export function compileFormula(
  tree: Expression,
  variables: readonly string[],
  { timeZone }: PqlOptions = {},
): (scope: PqlScope, values: readonly unknown[]) => TimedAnswer {
  let slotCount = variables.length;
  const compilation: Compilation = { calendar: createCalendar(timeZone), newSlot: () => slotCount++ };
  const bindings = new Map(variables.map((name, slot) => [name, { slot, kind: 'value' as const }]));
  const evaluate = toPlain(compileNode(tree, { variables: bindings, items: [] }, compilation));
  return (scope, values) => {
    const run: Run = { scope, slots: [...values], turnMs: Number.POSITIVE_INFINITY };
    const value = evaluate(run);
    return { value, turnMs: run.turnMs };
  };
}

/** Compiles what is read of one event, names being the event's own. What else there is, is not seen. */
export function compileEventPql(tree: Expression, { timeZone }: PqlOptions = {}): (event: PqlEvent) => unknown {
  let slotCount = 1;
  const compilation: Compilation = { calendar: createCalendar(timeZone), newSlot: () => slotCount++ };
  const names: Names = { variables: new Map(), items: [{ slot: 0, kind: 'event' }] };
  const evaluate = toPlain(compileNode(tree, names, compilation));
  return (event) => evaluate({ scope: NOBODY, slots: [event], turnMs: Number.POSITIVE_INFINITY });
}

const NOBODY: PqlScope = { profile: {}, nowMs: 0 };

/** Dates become ISO text. */
function toJson(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}
