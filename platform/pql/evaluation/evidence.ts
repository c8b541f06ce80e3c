import { findFunction } from '../functions';
import { printPql } from '../print';
import type { Expression, Source } from '../tree';
import { type Compile, compileChain } from './chain';
import type { Compilation, Names, PqlEvent, Run } from './scope';
import { toList } from './values';

const MOST = 20;

/** What a node was read from: a field, a segment, the events or items of a list that fit. At most twenty of them. */
export function toEvidence(
  node: Expression,
  names: Names,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): readonly unknown[] {
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
    case 'chain':
      return chainEvidence(node, names, run, compilation, compile);
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

function toEventEvidence(event: PqlEvent & { readonly key?: string }): unknown {
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

/** The chosen events, step by step. */
function chainEvidence(
  node: Extract<Expression, { kind: 'chain' }>,
  names: Names,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): readonly unknown[] {
  const match = compileChain(node, names, compilation, compile)(run);
  return (match ?? []).flatMap((instants, index) =>
    instants.slice(-MOST).map((t) => ({ step: node.steps[index]?.label, timestamp: new Date(t).toISOString() })),
  );
}
