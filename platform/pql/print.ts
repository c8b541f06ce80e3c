import { findFunction } from './functions';
import { isPlainName } from './grammar/names';
import type { Call, Chain, ChainStep, Expression, Literal, Source, TimeCondition } from './tree';
import { UNITS } from './unit';

/** How tightly a node binds: what stands where something tighter must stand, gets brackets. */
export const LEVELS = {
  whole: 0,
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  sum: 5,
  product: 6,
  sign: 7,
  operand: 8,
} as const;
export type Level = (typeof LEVELS)[keyof typeof LEVELS];

/** The functions that are written between their arguments; the others are written as methods. */
const BETWEEN: ReadonlySet<string> = new Set([
  'in',
  'notIn',
  'like',
  'intersects',
  'subsetOf',
  'supersetOf',
  'includes',
]);
/** The functions that are not written as methods. */
export const WITHOUT_RECEIVER: ReadonlySet<string> = new Set(['date', 'if', 'inSegment']);

/** The text of a tree, in one form: `parsePql` gives the same tree back, positions apart. */
export function printPql(tree: Expression): string {
  return print(tree, LEVELS.whole);
}

/** As `printPql`, in brackets where the node binds less tightly than `least`. */
export function print(node: Expression, least: Level): string {
  const text = printBare(node);
  return levelOf(node) >= least ? text : `(${text})`;
}

/** How tightly a node binds. */
export function levelOf(node: Expression): Level {
  switch (node.kind) {
    case 'quantifier':
    case 'aggregate':
    case 'let':
    case 'lambda':
      return LEVELS.whole;
    case 'or':
    case 'and':
    case 'not':
      return LEVELS[node.kind];
    case 'compare':
    case 'occurs':
      return LEVELS.comparison;
    case 'arithmetic':
      return node.rest.some(({ operator }) => operator === '+' || operator === '-') ? LEVELS.sum : LEVELS.product;
    case 'negate':
      return LEVELS.sign;
    case 'literal':
      return typeof node.value === 'number' && (node.value < 0 || Object.is(node.value, -0))
        ? LEVELS.sign
        : LEVELS.operand;
    case 'call':
      return isBetween(node) ? LEVELS.comparison : LEVELS.operand;
    default:
      return LEVELS.operand;
  }
}

function printBare(node: Expression): string {
  switch (node.kind) {
    case 'literal':
      return printLiteral(node);
    case 'list':
      return `[${printAll(node.items)}]`;
    case 'name':
      return '^'.repeat(node.up) + printName(node.name, node.up === 0);
    case 'root':
      return '$1';
    case 'field':
      return [print(node.of, LEVELS.operand), ...node.path.map((name) => printName(name, false))].join('.');
    case 'not':
      return `not ${node.of.kind === 'not' ? print(node.of, LEVELS.not) : print(node.of, LEVELS.operand)}`;
    case 'and':
    case 'or':
      return node.of.map((part) => print(part, node.kind === 'and' ? LEVELS.not : LEVELS.and)).join(` ${node.kind} `);
    case 'compare':
      return `${print(node.left, LEVELS.sum)} ${node.operator} ${print(node.right, LEVELS.sum)}`;
    case 'arithmetic':
      return printArithmetic(node);
    case 'negate':
      return `-${print(node.of, LEVELS.operand)}`;
    case 'call':
      return printCall(node);
    case 'filter':
      return `${print(node.of, LEVELS.operand)}[${print(node.where, LEVELS.or)}]`;
    case 'moment':
      return node.name;
    case 'period':
      return `${node.which} ${node.unit}`;
    case 'occurs':
      return `${print(node.of, LEVELS.sum)} occurs ${printCondition(node.when)}`;
    case 'quantifier':
      return `${node.quantifier} ${node.sources.map(printSource).join(', ')}`;
    case 'aggregate':
      return `${node.function}${printOver(node.value)} over ${printSource(node.source)}`;
    case 'let':
      return `let ${printName(node.variable)} = ${print(node.value, LEVELS.operand)} in (${printPql(node.body)})`;
    case 'lambda':
      return `(${printName(node.parameter)}) => ${printPql(node.body)}`;
    case 'chain':
      return printChain(node);
  }
}

function printAll(nodes: readonly Expression[]): string {
  return nodes.map((node) => print(node, LEVELS.or)).join(', ');
}

/** A name, in backquotes where it needs them. @param isBare whether the name stands where a keyword would be read */
export function printName(name: string, isBare = true): string {
  if (isPlainName(name, isBare)) return name;
  return `\`${name.replace(/[`\\]/g, '\\$&')}\``;
}

function printLiteral({ value }: Literal): string {
  if (typeof value === 'string') return `"${escapeText(value)}"`;
  return Object.is(value, -0) ? '-0' : String(value);
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeText(text: string): string {
  return text.replace(/["\\\n\r\t]/g, (char) => ESCAPES[char] ?? `\\${char}`);
}

function printArithmetic(node: Extract<Expression, { kind: 'arithmetic' }>): string {
  const least = levelOf(node) === LEVELS.sum ? LEVELS.product : LEVELS.sign;
  const rest = node.rest.map(({ operator, operand }) => ` ${operator} ${print(operand, least)}`);
  return print(node.first, least) + rest.join('');
}

/** True for a call that is written between its two arguments. */
export function isBetween({ function: name, arguments: parts }: Call): boolean {
  return parts.length === 2 && BETWEEN.has(name);
}

function printCall(call: Call): string {
  const { function: name, arguments: parts } = call;
  const [receiver, ...rest] = parts;
  if (!receiver || WITHOUT_RECEIVER.has(name)) return `${name}(${printAll(parts)})`;
  if (isBetween(call)) return parts.map((part) => print(part, LEVELS.sum)).join(` ${name} `);
  return `${print(receiver, LEVELS.operand)}.${printFunction(name)}(${printAll(rest)})`;
}

/** The name of a function as it is written. */
export function printFunction(name: string): string {
  return findFunction(name)?.name ?? name;
}

/** What an aggregate adds up, from after its function on. */
export function printOver(value: Expression): string {
  const of = value.kind === 'field' ? value.of : value;
  return of.kind === 'name' && of.up === 0 ? ` ${printPql(value)}` : `(${print(value, LEVELS.or)})`;
}

function printSource({ variable, from, where }: Source): string {
  const condition = where ? ` where ${print(where, LEVELS.or)}` : '';
  return `${printName(variable)} from ${print(from, LEVELS.sum)}${condition}`;
}

function printCondition(when: TimeCondition): string {
  return printPlainCondition(when) + (when.ignoringYear ? ' ignoring year' : '');
}

function printPlainCondition(when: TimeCondition): string {
  if (when.kind === 'between') return `between ${printReference(when.low)} and ${printReference(when.high)}`;
  const reference = printReference(when.reference);
  if (when.kind === 'distance') {
    const { comparison, count, unit, direction } = when;
    return `${comparison} ${count} ${count === 1 ? unit : UNITS[unit]} ${direction} ${reference}`;
  }
  return when.kind === 'on' && isSelfEvident(when.reference) ? reference : `${when.kind} ${reference}`;
}

function printReference(node: Expression): string {
  return print(node, LEVELS.sum);
}

function isSelfEvident(reference: Expression): boolean {
  return reference.kind === 'period' || reference.kind === 'moment';
}

function printChain({ events, timestamp, steps }: Chain): string {
  return `chain(${printAll([events, timestamp])}, [${steps.map(printChainStep).join(', ')}])`;
}

/** The text of one step of a chain. */
export function printChainStep({ label, negated, what, when, count }: ChainStep): string {
  return [
    `${printName(label)}: ${negated ? 'not ' : ''}WHAT(${printPql(what)})`,
    ...(when ? [`WHEN(${printCondition(when)})`] : []),
    ...(count ? [`COUNT(${count.exactly ? '= ' : ''}${count.n})`] : []),
  ].join(' ');
}
