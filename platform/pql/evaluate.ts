import { compileNode } from './evaluation/compile';
import { toPlain } from './evaluation/plain';
import type { Compilation, PqlScope, Run } from './evaluation/scope';
import { createCalendar } from './time/calendar';
import type { Expression } from './tree';

export type { PqlEvent, PqlScope } from './evaluation/scope';

/** Answers a rule or formula for one scope; plain JSON, `undefined` where the answer is missing. Never throws. */
export type PqlEvaluator = (scope: PqlScope) => unknown;

export interface PqlOptions {
  /** The IANA zone of days and months (default: UTC). */
  readonly timeZone?: string;
}

/** Compiles a tree to closures: once per rule, then one call per person. */
export function compilePql(tree: Expression, options: PqlOptions = {}): PqlEvaluator {
  let slotCount = 0;
  const compilation: Compilation = { calendar: createCalendar(options.timeZone), newSlot: () => slotCount++ };
  const evaluate = toPlain(compileNode(tree, { variables: new Map(), items: [] }, compilation));
  return (scope) => {
    const run: Run = { scope, slots: new Array(slotCount) };
    const value = evaluate(run);
    return typeof value === 'object' && value !== null ? toJson(value) : value;
  };
}

/** True for `true` alone: a missing value, a number or a text is not. */
export function isTrue(value: unknown): boolean {
  return value === true;
}

/** Dates become ISO text. */
function toJson(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
