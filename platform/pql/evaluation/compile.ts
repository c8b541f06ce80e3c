import { asCondition } from '../condition';
import { DateValue } from '../time/date-value';
import type { Arithmetic, Expression, Field, Filter, Lambda, Let, Logical, Name } from '../tree';
import { compileCall } from './calls';
import { compileChain } from './chain';
import { compileCompare } from './compare';
import { createEventReader, createPathReader, readEach } from './fields';
import { toPlain } from './plain';
import { compileAggregate, compileQuantifier } from './quantified';
import type { Binding, Compilation, Compiled, Names, PqlEvent, Run } from './scope';
import { withVariable } from './scope';
import { compileMoment, compileOccurs, compilePeriod } from './time';
import { isMissing } from './values';

/** Compiles a node to a closure, with the names at its place. */
export function compileNode(node: Expression, names: Names, compilation: Compilation): Compiled {
  const compile = (part: Expression, inside: Names = names): Compiled => compileNode(part, inside, compilation);
  switch (node.kind) {
    case 'literal':
      return value(() => node.value ?? undefined);
    case 'list':
      return compileList(node.items.map((item) => toPlain(compile(item))));
    case 'name':
      return compileName(node, names);
    case 'root':
      return value((run) => run.scope.profile);
    case 'field':
      return compileField(node, names, compile);
    case 'not':
      return compileNot(compile(asCondition(node.of)));
    case 'and':
    case 'or':
      return compileLogical(node, compile);
    case 'compare':
      return compileCompare(node, compile, compilation);
    case 'arithmetic':
      return compileArithmetic(node, compile);
    case 'negate':
      return compileNegate(compile(node.of));
    case 'call':
      return compileCall(node, names, compilation, compile);
    case 'filter':
      return compileFilter(node, names, compilation, compile);
    case 'moment':
      return compileMoment(node, compilation);
    case 'period':
      return compilePeriod(node, compilation);
    case 'occurs':
      return compileOccurs(node, compilation, compile);
    case 'quantifier':
      return compileQuantifier(node, names, compilation, compile);
    case 'aggregate':
      return compileAggregate(node, names, compilation, compile);
    case 'let':
      return compileLet(node, names, compilation, compile);
    case 'lambda':
      return compileLambda(node, names, compile);
    case 'chain': {
      const { read, match } = compileChain(node, names, compilation, compile);
      return value((run) => match(read(run), run) !== undefined);
    }
  }
}

type CompilePart = (node: Expression, names?: Names) => Compiled;

const value = (run: Compiled['run']): Compiled => ({ kind: 'value', run });

function compileList(items: readonly Compiled['run'][]): Compiled {
  return value((run) => items.map((item) => item(run)).filter((item) => !isMissing(item)));
}

function compileName({ name, up }: Name, names: Names): Compiled {
  return compilePath(name, up, [], names);
}

function compileField(node: Field, names: Names, compile: CompilePart): Compiled {
  if (node.of.kind === 'name') return compilePath(node.of.name, node.of.up, node.path, names);
  if (node.of.kind === 'root') return compileFromRoot(node.path);
  return readFrom(compile(node.of), node.path);
}

/** A variable, a reserved name, or a field of the item at hand or of the profile. */
function compilePath(name: string, up: number, path: readonly string[], names: Names): Compiled {
  const variable = up === 0 ? names.variables.get(name) : undefined;
  if (variable) return variable === 'profile' ? compileFromRoot(path) : readFrom(readSlot(variable), path);
  const item = name === 'xEvent' ? undefined : names.items[names.items.length - 1 - up];
  return item ? readFrom(readSlot(item), [name, ...path]) : compileFromRoot([name, ...path]);
}

/** `xEvent`, `context` and `offer` have their own places in the scope; all else is of the profile. */
function compileFromRoot(path: readonly string[]): Compiled {
  const [name, ...inside] = path;
  if (name === 'xEvent') return readFrom({ kind: 'events', run: (run) => run.scope.events ?? [] }, inside);
  const read = createPathReader(path);
  if (name !== 'context' && name !== 'offer') return value((run) => read(run.scope.profile));
  const readInside = createPathReader(inside);
  return value(({ scope }) => {
    const root = scope[name];
    return root ? readInside(root) : read(scope.profile);
  });
}

function readSlot({ slot, kind }: Binding): Compiled {
  return { kind, run: (run) => run.slots[slot] };
}

function readFrom(base: Compiled, path: readonly string[]): Compiled {
  if (path.length === 0) return base;
  const { run: evaluate } = base;
  if (base.kind === 'value') {
    const read = createPathReader(path);
    return value((run) => {
      const from = evaluate(run);
      return from instanceof DateValue ? undefined : read(from);
    });
  }
  const read = createEventReader(path);
  if (base.kind === 'events') return value((run) => readEach(evaluate(run) as readonly PqlEvent[], read));
  return value((run) => {
    const event = evaluate(run) as PqlEvent | undefined;
    return event && read(event);
  });
}

function compileNot({ run: evaluate }: Compiled): Compiled {
  return value((run) => evaluate(run) !== true);
}

function compileLogical(node: Logical, compile: CompilePart): Compiled {
  const parts = node.of.map((part) => compile(asCondition(part)).run);
  const decisive = node.kind === 'or';
  return value((run) => {
    for (const part of parts) if ((part(run) === true) === decisive) return decisive;
    return !decisive;
  });
}

type NumberOperator = (a: number, b: number) => number;

const OPERATORS: Readonly<Record<string, NumberOperator>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

/** Missing when a part is no number or the result none; texts may be joined by `+`. */
function compileArithmetic(node: Arithmetic, compile: CompilePart): Compiled {
  const first = compile(node.first).run;
  const rest = node.rest.map(({ operator, operand }) => ({ operator, evaluate: compile(operand).run }));
  return value((run) => {
    let result = first(run);
    for (const { operator, evaluate } of rest) result = calculate(operator, result, evaluate(run));
    return result;
  });
}

function calculate(operator: string, a: unknown, b: unknown): unknown {
  if (typeof a === 'string' && typeof b === 'string') return operator === '+' ? a + b : undefined;
  if (typeof a !== 'number' || typeof b !== 'number') return undefined;
  const result = OPERATORS[operator]?.(a, b);
  return Number.isFinite(result) ? result : undefined;
}

function compileNegate({ run: evaluate }: Compiled): Compiled {
  return value((run) => {
    const number = evaluate(run);
    return typeof number === 'number' ? -number : undefined;
  });
}

function compileFilter(node: Filter, names: Names, compilation: Compilation, compile: CompilePart): Compiled {
  const call: Expression = { kind: 'call', function: 'filter', arguments: [node.of, node.where], at: node.at };
  return compileCall(call, names, compilation, compile);
}

function compileLet(node: Let, names: Names, compilation: Compilation, compile: CompilePart): Compiled {
  const bound = compile(node.value);
  const slot = compilation.newSlot();
  const body = compile(node.body, withVariable(names, node.variable, { slot, kind: bound.kind }));
  return {
    kind: body.kind,
    run: (run: Run) => {
      run.slots[slot] = bound.run(run);
      return body.run(run);
    },
  };
}

/** A lambda stands for its body; its parameter is the item at hand, outside of lists the profile. */
function compileLambda(node: Lambda, names: Names, compile: CompilePart): Compiled {
  return compile(node.body, withVariable(names, node.parameter, names.items.at(-1) ?? 'profile'));
}
