import { asCondition } from './condition';
import type { PqlOptions } from './evaluate';
import { toChainEvidence } from './evaluation/chain-evidence';
import { compileNode } from './evaluation/compile';
import { MOST_SHOWN, toEventEvidence, toEvidence } from './evaluation/evidence';
import { createParts, type Part } from './evaluation/parts';
import { toPlain } from './evaluation/plain';
import type { Compilation, Compiled, Names, PqlEvent, PqlScope, Run } from './evaluation/scope';
import { printPql } from './print';
import { createCalendar } from './time/calendar';
import type { Expression } from './tree';

/** A node of a rule, what it came to, and what made it so. */
export interface PqlExplanation {
  readonly text: string;
  /** Plain JSON; long lists are cut, and of events told in short. `undefined` where it is missing. */
  readonly value: unknown;
  /** Of conditions alone. */
  readonly truth?: boolean;
  /** The fields, events, items and segments that it was read from. */
  readonly evidence: readonly unknown[];
  readonly children: readonly PqlExplanation[];
}

/** Explains what a rule comes to for one scope, node by node (S-13). */
export function explainPql(tree: Expression, scope: PqlScope, { timeZone }: PqlOptions = {}): PqlExplanation {
  let slotCount = 0;
  const compilation: Compilation = { calendar: createCalendar(timeZone), newSlot: () => slotCount++ };
  const run: Run = { scope, slots: [], turnMs: Number.POSITIVE_INFINITY };
  const names: Names = { variables: new Map(), items: [] };
  return explain({ node: tree, names, isCondition: true }, run, compilation);
}

function explain(whole: Part, run: Run, compilation: Compilation): PqlExplanation {
  const { node, names, isCondition } = whole;
  const compile = (part: Expression, inside: Names = names) => compileNode(part, inside, compilation);
  const value = toShown(compile(node), run);
  const parts = createParts(whole, run, compilation, compile);
  const steps = node.kind === 'chain' ? toChainEvidence(node, names, run, compilation, compile) : undefined;
  return {
    text: printPql(node),
    value,
    ...(isCondition ? { truth: compile(asCondition(node)).run(run) === true } : truthOf(node, value)),
    evidence: steps?.chosen ?? toEvidence(node, names, run, compilation, compile),
    children: [...(steps?.steps ?? []), ...parts.map((part) => explain(part, run, compilation))],
  };
}

const CONDITIONS: ReadonlySet<Expression['kind']> = new Set(['and', 'or', 'not', 'compare', 'occurs', 'chain']);

function truthOf({ kind }: Expression, value: unknown): { readonly truth?: boolean } {
  return typeof value === 'boolean' || CONDITIONS.has(kind) ? { truth: value === true } : {};
}

function toShown(compiled: Compiled, run: Run): unknown {
  if (compiled.kind === 'events') {
    return (compiled.run(run) as readonly PqlEvent[]).slice(0, MOST_SHOWN).map(toEventEvidence);
  }
  const value = toPlain(compiled)(run);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const cut = Array.isArray(value) ? value.slice(0, MOST_SHOWN) : value;
  return JSON.parse(JSON.stringify(cut));
}
