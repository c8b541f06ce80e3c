import { findFunction } from '../functions';
import { printPql } from '../print';
import type { Expression, Source } from '../tree';
import type { Compile } from './chain';
import { toPlain } from './plain';
import type { Compilation, Compiled, Names, PqlEvent, Run } from './scope';
import { withItem, withVariable } from './scope';
import { isMissing, toList } from './values';

/** So many events or items are shown of a list. */
export const MOST_SHOWN = 20;

/**
 * What a node other than a chain was read from: a field, a variable, a segment, the events or items of a list that fit,
 * with what each gave where they are added up or compared. At most twenty of them.
 */
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
      return aggregateEvidence(node, names, run, compilation, compile);
    case 'call':
      return callEvidence(node, names, run, compilation, compile);
    default:
      return [];
  }
}

function fieldEvidence(node: Expression, names: Names, run: Run, compile: Compile): readonly unknown[] {
  const compiled = compile(node, names);
  if (compiled.kind === 'events') return [];
  const value = compiled.kind === 'event' ? toEventEvidence(compiled.run(run) as PqlEvent) : compiled.run(run);
  const isVariable = node.kind === 'name' && node.up === 0 && names.variables.has(node.name);
  return [{ [isVariable ? 'variable' : 'field']: printPql(node), value: value ?? null }];
}

function listEvidence(node: Expression, names: Names, run: Run, compile: Compile): readonly unknown[] {
  const list = compile(node, names);
  return toList(list.run(run)).slice(0, MOST_SHOWN).map(describeItemsOf(list));
}

function describeItemsOf({ kind }: Compiled): (item: unknown) => object {
  return kind === 'value' ? (item) => ({ item }) : (item) => toEventEvidence(item as PqlEvent);
}

/** Those items of a list that gave a value, each with it. `asked` is compiled for one item, which is in `slot`. */
function valueEvidence(list: Compiled, slot: number, asked: Compiled, run: Run): readonly unknown[] {
  const evaluate = toPlain(asked);
  const describe = describeItemsOf(list);
  const valued = toList(list.run(run)).map((item) => {
    run.slots[slot] = item;
    return { item, value: evaluate(run) };
  });
  const present = valued.filter(({ value }) => !isMissing(value)).slice(0, MOST_SHOWN);
  return present.map(({ item, value }) => ({ ...describe(item), value }));
}

/** An event as evidence: enough to find it. */
export function toEventEvidence(event: PqlEvent & { readonly key?: string }): object {
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

function aggregateEvidence(
  node: Extract<Expression, { kind: 'aggregate' }>,
  names: Names,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): readonly unknown[] {
  const { source, value, at } = node;
  const list = compile({ kind: 'quantifier', quantifier: 'select', sources: [source], at }, names);
  const slot = compilation.newSlot();
  const item = { slot, kind: list.kind === 'value' ? 'value' : 'event' } as const;
  return valueEvidence(list, slot, compile(value, withVariable(names, source.variable, item)), run);
}

function callEvidence(
  node: Extract<Expression, { kind: 'call' }>,
  names: Names,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): readonly unknown[] {
  const [first, asked] = node.arguments;
  if (node.function === 'inSegment')
    return [{ segment: compile(first ?? node, names).run(run), member: compile(node, names).run(run) }];
  if (!first || findFunction(node.function)?.perItem === undefined) return [];
  if (!asked || node.function === 'forall') return listEvidence(first, names, run, compile);
  if (CONDITIONAL.has(node.function)) {
    return listEvidence({ kind: 'filter', of: first, where: asked, at: node.at }, names, run, compile);
  }
  const list = compile(first, names);
  const slot = compilation.newSlot();
  const inner = withItem(names, { slot, kind: list.kind === 'value' ? 'value' : 'event' });
  return valueEvidence(list, slot, compile(asked, inner), run);
}

const CONDITIONAL: ReadonlySet<string> = new Set(['exists', 'count', 'filter', 'select']);
