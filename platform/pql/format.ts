import {
  isBetween,
  LEVELS,
  type Level,
  levelOf,
  print,
  printChainStep,
  printFunction,
  printName,
  printOver,
  printPql,
  WITHOUT_RECEIVER,
} from './print';
import type { Call, ChainStep, Expression, Source } from './tree';

const WIDTH = 100;
const INDENT = '  ';

/**
 * The text of a tree for people: in one line where that is short, else a condition, step or source a line, what stands in
 * brackets indented. `parsePql` gives the same tree back, positions apart.
 */
export function formatPql(tree: Expression): string {
  const line = printPql(tree);
  // Indenting would change a name that goes over lines.
  return line.includes('\n') ? line : format(tree, LEVELS.whole, WIDTH);
}

function format(node: Expression, least: Level, width: number): string {
  const line = print(node, least);
  if (line.length <= width) return line;
  return levelOf(node) >= least
    ? formatBare(node, width)
    : inBlock('(', format(node, LEVELS.whole, inside(width)), ')');
}

function formatBare(node: Expression, width: number): string {
  switch (node.kind) {
    case 'and':
    case 'or': {
      const least = node.kind === 'and' ? LEVELS.not : LEVELS.and;
      return node.of.map((part) => format(part, least, width - node.kind.length - 1)).join(`\n${node.kind} `);
    }
    case 'not':
      return `not ${format(node.of, node.of.kind === 'not' ? LEVELS.not : LEVELS.operand, width - 4)}`;
    case 'compare': {
      const right = ` ${node.operator} ${format(node.right, LEVELS.sum, width)}`;
      return format(node.left, LEVELS.sum, width - right.length) + right;
    }
    case 'list':
      return inBlock('[', fill(node.items, inside(width)), ']');
    case 'filter':
      return format(node.of, LEVELS.operand, width) + inBlock('[', format(node.where, LEVELS.or, inside(width)), ']');
    case 'call':
      return formatCall(node, width);
    case 'quantifier':
      return `${node.quantifier} ${formatAll(node.sources.map((source) => formatSource(source, width)))}`;
    case 'aggregate':
      return `${node.function}${printOver(node.value)} over ${formatSource(node.source, width)}`;
    case 'let': {
      const value = format(node.value, LEVELS.operand, width);
      return `let ${printName(node.variable)} = ${value}\nin ${inBrackets(node.body, width - 5)}`;
    }
    case 'lambda':
      return `(${printName(node.parameter)}) =>\n${format(node.body, LEVELS.whole, width)}`;
    case 'chain': {
      const steps = node.steps.map((step) => formatStep(step, inside(width)));
      const of = [node.events, node.timestamp].map((part) => print(part, LEVELS.or));
      return `chain(${of.join(', ')}, ${inBlock('[', formatAll(steps), ']')})`;
    }
    default:
      return print(node, LEVELS.whole);
  }
}

function formatCall(call: Call, width: number): string {
  const [first, ...rest] = call.arguments;
  if (!first) return print(call, LEVELS.whole);
  const name = printFunction(call.function);
  if (isBetween(call)) {
    const [left, right] = [first, ...rest].map((part) => format(part, LEVELS.sum, width));
    return `${left} ${call.function} ${right}`;
  }
  if (WITHOUT_RECEIVER.has(call.function))
    return name + inBlock('(', formatAll(formatEach(call.arguments, width)), ')');
  const line = `.${name}(${rest.map((part) => print(part, LEVELS.or)).join(', ')})`;
  const receiver = format(first, LEVELS.operand, width - line.length);
  const start = receiver.slice(receiver.lastIndexOf('\n') + 1);
  if (start.length + line.length <= width) return receiver + line;
  return `${receiver}.${name}${inBlock('(', formatAll(formatEach(rest, width)), ')')}`;
}

function formatEach(nodes: readonly Expression[], width: number): readonly string[] {
  return nodes.map((node) => format(node, LEVELS.or, inside(width)));
}

function formatSource({ variable, from, where }: Source, width: number): string {
  const start = `${printName(variable)} from ${format(from, LEVELS.sum, width)}`;
  if (!where) return start;
  const line = `${start} where ${print(where, LEVELS.or)}`;
  if (line.length <= width) return line;
  return `${start} where ${inBlock('(', format(where, LEVELS.whole, inside(width)), ')')}`;
}

function formatStep(step: ChainStep, width: number): string {
  const line = printChainStep(step);
  if (line.length <= width) return line;
  const start = `${printName(step.label)}: ${step.negated ? 'not ' : ''}WHAT`;
  const rest = line.slice(start.length + printPql(step.what).length + 2);
  return start + inBlock('(', format(step.what, LEVELS.whole, inside(width)), ')') + rest;
}

function inBrackets(node: Expression, width: number): string {
  const line = printPql(node);
  return line.length + 2 <= width ? `(${line})` : inBlock('(', format(node, LEVELS.whole, inside(width)), ')');
}

/** As many items a line as it has room for. */
function fill(items: readonly Expression[], width: number): string {
  const lines: string[] = [];
  for (const text of items.map((item) => print(item, LEVELS.or))) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length + 3 <= width) lines[lines.length - 1] = `${last}, ${text}`;
    else lines.push(text);
  }
  return formatAll(lines);
}

function formatAll(texts: readonly string[]): string {
  return texts.join(',\n');
}

function inBlock(open: string, text: string, close: string): string {
  return `${open}\n${INDENT}${text.replaceAll('\n', `\n${INDENT}`)}\n${close}`;
}

function inside(width: number): number {
  return width - INDENT.length;
}
