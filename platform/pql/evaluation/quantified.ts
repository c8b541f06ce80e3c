import { asCondition } from '../condition';
import type { Aggregate, Quantifier, Source } from '../tree';
import type { Compile } from './chain';
import { aggregates } from './list-functions';
import { toPlain } from './plain';
import type { Binding, Compilation, Compiled, Names, Run } from './scope';
import { withVariable } from './scope';
import { isMissing, toList } from './values';

interface CompiledSource {
  readonly binding: Binding;
  readonly from: (run: Run) => unknown;
  readonly where: (run: Run) => boolean;
}

/** Compiles `exists`, `forall` and `select`. Each source sees the variables of those before it. */
export function compileQuantifier(
  node: Quantifier,
  names: Names,
  compilation: Compilation,
  compile: Compile,
): Compiled {
  const { sources } = compileSources(node.sources, names, compilation, compile);
  if (node.quantifier === 'exists') return { kind: 'value', run: (run) => someFits(sources, 0, run) };
  if (node.quantifier === 'forall') return { kind: 'value', run: (run) => !someFailsLast(sources, 0, run) };
  return compileSelect(sources);
}

/** Compiles `sum value over V from list where …`. */
export function compileAggregate(node: Aggregate, names: Names, compilation: Compilation, compile: Compile): Compiled {
  const { sources, inner } = compileSources([node.source], names, compilation, compile);
  const evaluate = toPlain(compile(node.value, inner));
  const aggregate = aggregates[node.function];
  const run = (run: Run): unknown => {
    const values: unknown[] = [];
    forEachFitting(sources, run, () => {
      const value = evaluate(run);
      if (!isMissing(value)) values.push(value);
    });
    return aggregate?.(values, compilation.calendar);
  };
  return { kind: 'value', run };
}

function compileSources(
  sources: readonly Source[],
  names: Names,
  compilation: Compilation,
  compile: Compile,
): { readonly sources: readonly CompiledSource[]; readonly inner: Names } {
  let inner = names;
  const compiled = sources.map(({ variable, from, where }): CompiledSource => {
    const list = compile(from, inner);
    const binding: Binding = { slot: compilation.newSlot(), kind: list.kind === 'value' ? 'value' : 'event' };
    inner = withVariable(inner, variable, binding);
    const condition = where && compile(asCondition(where), inner).run;
    return { binding, from: list.run, where: condition ? (run) => condition(run) === true : () => true };
  });
  return { sources: compiled, inner };
}

function someFits(sources: readonly CompiledSource[], index: number, run: Run): boolean {
  const source = sources[index];
  if (!source) return true;
  for (const item of toList(source.from(run))) {
    run.slots[source.binding.slot] = item;
    if (source.where(run) && someFits(sources, index + 1, run)) return true;
  }
  return false;
}

/** The last source's condition is the claim; those before it say which items it is made about. */
function someFailsLast(sources: readonly CompiledSource[], index: number, run: Run): boolean {
  const source = sources[index];
  if (!source) return false;
  const isLast = index === sources.length - 1;
  for (const item of toList(source.from(run))) {
    run.slots[source.binding.slot] = item;
    const fits = source.where(run);
    if (isLast ? !fits : fits && someFailsLast(sources, index + 1, run)) return true;
  }
  return false;
}

/** The items of the first source for which the others find something. */
function compileSelect(sources: readonly CompiledSource[]): Compiled {
  const [first, ...rest] = sources;
  const run = (run: Run): unknown => {
    const picked: unknown[] = [];
    if (first) forEachFitting([first], run, (item) => someFits(rest, 0, run) && picked.push(item));
    return picked;
  };
  return { kind: first?.binding.kind === 'event' ? 'events' : 'value', run };
}

function forEachFitting(sources: readonly CompiledSource[], run: Run, visit: (item: unknown) => void): void {
  const [source] = sources;
  if (!source) return;
  for (const item of toList(source.from(run))) {
    run.slots[source.binding.slot] = item;
    if (source.where(run)) visit(item);
  }
}
