import { findFunction } from '../functions';
import { printChainStep, printPql } from '../print';
import type { ChainStep, Expression, Source } from '../tree';
import { type Compile, compileChain, type Timed } from './chain';
import type { Compilation, Names, PqlEvent, Run } from './scope';
import { toList } from './values';

const MOST = 20;

/** What a node other than a chain was read from: a field, a segment, the events or items of a list that fit. At most twenty of them. */
export function toEvidence(node: Expression, names: Names, run: Run, compile: Compile): readonly unknown[] {
  switch (node.kind) {
    case 'name':
    case 'field':
      return fieldEvidence(node, names, run, compile);
    case 'filter':
      return listEvidence(node, names, run, compile);
    case 'quantifier':
      return quantifierEvidence(node, names, run, compile);
    case 'aggregate':
      return selectedEvidence([node.source], node, names, run, compile);
    case 'call':
      return callEvidence(node, names, run, compile);
    default:
      return [];
  }
}

function fieldEvidence(node: Expression, names: Names, run: Run, compile: Compile): readonly unknown[] {
  const compiled = compile(node, names);
  if (compiled.kind === 'events') return [];
  const value = compiled.kind === 'event' ? toEventEvidence(compiled.run(run) as PqlEvent) : compiled.run(run);
  return [{ field: printPql(node), value: value ?? null }];
}

function listEvidence(node: Expression, names: Names, run: Run, compile: Compile): readonly unknown[] {
  const { kind, run: evaluate } = compile(node, names);
  const items = toList(evaluate(run)).slice(0, MOST);
  if (kind === 'value') return items.map((item) => ({ item }));
  return (items as readonly PqlEvent[]).map(toEventEvidence);
}

function toEventEvidence(event: PqlEvent & { readonly key?: string }): object {
  const { key, timestampMs, data } = event;
  const type = typeof data.eventType === 'string' ? { eventType: data.eventType } : {};
  return { ...(key === undefined ? {} : { event: key }), timestamp: new Date(timestampMs).toISOString(), ...type };
}

/** What `select` would pick: for `forall`, what speaks against it. */
function quantifierEvidence(
  node: Extract<Expression, { kind: 'quantifier' }>,
  names: Names,
  run: Run,
  compile: Compile,
): readonly unknown[] {
  const { sources, quantifier } = node;
  if (quantifier !== 'forall') return selectedEvidence(sources, node, names, run, compile);
  const against = sources.map((source, index): Source => {
    if (index < sources.length - 1) return source;
    const { where = { kind: 'literal', value: true, at: node.at } } = source;
    return { ...source, where: { kind: 'not', of: where, at: node.at } };
  });
  return selectedEvidence(against, node, names, run, compile);
}

function selectedEvidence(
  sources: readonly Source[],
  { at }: Expression,
  names: Names,
  run: Run,
  compile: Compile,
): readonly unknown[] {
  return listEvidence({ kind: 'quantifier', quantifier: 'select', sources, at }, names, run, compile);
}

function callEvidence(
  node: Extract<Expression, { kind: 'call' }>,
  names: Names,
  run: Run,
  compile: Compile,
): readonly unknown[] {
  const [first, asked] = node.arguments;
  if (node.function === 'inSegment')
    return [{ segment: compile(first ?? node, names).run(run), member: compile(node, names).run(run) }];
  if (!first || findFunction(node.function)?.perItem === undefined) return [];
  const isCondition = ['exists', 'count', 'filter', 'select'].includes(node.function) && asked;
  const list: Expression = isCondition ? { kind: 'filter', of: first, where: asked, at: node.at } : first;
  return listEvidence(list, names, run, compile);
}

/** What can be said of a chain: the events that were chosen, and each of its steps by itself. */
export interface ChainEvidence {
  readonly chosen: readonly unknown[];
  readonly steps: readonly StepEvidence[];
}

interface StepEvidence {
  readonly text: string;
  /** How many events fit the step, windows that are measured from other steps apart. */
  readonly value: number;
  /** Whether that would do, were there no other steps. */
  readonly truth: boolean;
  readonly evidence: readonly unknown[];
  readonly children: readonly [];
}

/** Finds what made a chain hold, and how many events there are for each step. */
export function toChainEvidence(
  node: Extract<Expression, { kind: 'chain' }>,
  names: Names,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): ChainEvidence {
  const { ofEvents, read, match } = compileChain(node, names, compilation, compile);
  const fitting = read(run);
  const describe = ({ item, t }: Timed): object => {
    return ofEvents ? toEventEvidence(item as PqlEvent) : { item, timestamp: new Date(t).toISOString() };
  };
  const chosen = (match(fitting, run) ?? []).flatMap((instants, index) => {
    const { label } = node.steps[index] as ChainStep;
    const events = pickByTime(fitting[index] ?? [], instants);
    return events.slice(-MOST).map((event) => ({ step: label, ...describe(event) }));
  });
  const steps = node.steps.map((step, index): StepEvidence => {
    const events = fitting[index] ?? [];
    const { negated, count: { n, exactly } = { n: 1, exactly: false } } = step;
    const isEnough = exactly ? events.length === n : events.length >= n;
    return {
      text: printChainStep(step),
      value: events.length,
      truth: negated ? events.length === 0 : isEnough,
      evidence: events.slice(-MOST).map(describe),
      children: [],
    };
  });
  return { chosen, steps };
}

/** For each instant an event of that time, none twice; both are in order. */
function pickByTime(events: readonly Timed[], instants: readonly number[]): readonly Timed[] {
  let from = 0;
  return instants.flatMap((instant) => {
    const found = events.findIndex(({ t }, index) => index >= from && t === instant);
    if (found < 0) return [];
    from = found + 1;
    return [events[found] as Timed];
  });
}
