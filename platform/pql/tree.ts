import type { Unit } from './unit';

/** Where a node begins in the rule's text: both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface Node {
  readonly at: Position;
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A text, a number, true, false, or `null` (which is missing). */
export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: string | number | boolean | null;
}

export interface ListLiteral extends Node {
  readonly kind: 'list';
  readonly items: readonly Expression[];
}

/** A name of the scope at hand: a variable, or a field. `up` counts the `^` before it. */
export interface Name extends Node {
  readonly kind: 'name';
  readonly name: string;
  readonly up: number;
}

/** `$1`: the profile itself. */
export interface Root extends Node {
  readonly kind: 'root';
}

/** `of.path[0].path[1]…`; `of` is never itself a field. */
export interface Field extends Node {
  readonly kind: 'field';
  readonly of: Expression;
  readonly path: readonly string[];
}

export interface Not extends Node {
  readonly kind: 'not';
  readonly of: Expression;
}

/** Two or more operands of one operator. */
export interface Logical extends Node {
  readonly kind: 'and' | 'or';
  readonly of: readonly Expression[];
}

export interface Compare extends Node {
  readonly kind: 'compare';
  readonly operator: Comparison;
  readonly left: Expression;
  readonly right: Expression;
}

/** `first + a - b`, or `first * a / b % c`: the operators of one node are of one level. */
export interface Arithmetic extends Node {
  readonly kind: 'arithmetic';
  readonly first: Expression;
  readonly rest: readonly { readonly operator: '+' | '-' | '*' | '/' | '%'; readonly operand: Expression }[];
}

export interface Negate extends Node {
  readonly kind: 'negate';
  readonly of: Expression;
}

/** A function or method; a method's receiver is its first argument. `function` is spelt as in `functions.ts`. */
export interface Call extends Node {
  readonly kind: 'call';
  readonly function: string;
  readonly arguments: readonly Expression[];
}

/** `of[where]`. */
export interface Filter extends Node {
  readonly kind: 'filter';
  readonly of: Expression;
  readonly where: Expression;
}

export interface Moment extends Node {
  readonly kind: 'moment';
  readonly name: 'now' | 'today' | 'yesterday' | 'tomorrow';
}

/** `this month`, `last week`, `next year`. */
export interface Period extends Node {
  readonly kind: 'period';
  readonly which: 'this' | 'last' | 'next';
  readonly unit: Unit;
}

/** What follows `occurs`, and stands in a step's WHEN. */
export type TimeCondition = (
  | {
      readonly kind: 'distance';
      readonly comparison: Comparison;
      readonly count: number;
      readonly unit: Unit;
      readonly direction: 'before' | 'after' | 'from';
      readonly reference: Expression;
    }
  | { readonly kind: 'before' | 'after' | 'from' | 'on'; readonly reference: Expression }
  | { readonly kind: 'between'; readonly low: Expression; readonly high: Expression }
) & { readonly ignoringYear?: true };

export interface Occurs extends Node {
  readonly kind: 'occurs';
  readonly of: Expression;
  readonly when: TimeCondition;
}

export interface Source {
  readonly variable: string;
  readonly from: Expression;
  readonly where?: Expression;
}

/** `exists V from list where …, W from V.list where …`. */
export interface Quantifier extends Node {
  readonly kind: 'quantifier';
  readonly quantifier: 'exists' | 'forall' | 'select';
  readonly sources: readonly Source[];
}

/** `sum value over V from list where …`. */
export interface Aggregate extends Node {
  readonly kind: 'aggregate';
  readonly function: 'count' | 'sum' | 'average' | 'min' | 'max';
  readonly value: Expression;
  readonly source: Source;
}

export interface Let extends Node {
  readonly kind: 'let';
  readonly variable: string;
  readonly value: Expression;
  readonly body: Expression;
}

export interface Lambda extends Node {
  readonly kind: 'lambda';
  readonly parameter: string;
  readonly body: Expression;
}

/** One step of a chain. Without `count` one event is enough. */
export interface ChainStep extends Node {
  readonly label: string;
  readonly negated?: true;
  readonly what: Expression;
  readonly when?: TimeCondition;
  readonly count?: { readonly exactly: boolean; readonly n: number };
}

export interface Chain extends Node {
  readonly kind: 'chain';
  readonly events: Expression;
  readonly timestamp: Expression;
  readonly steps: readonly ChainStep[];
}

/** A rule or formula as a tree; plain JSON (`pql/json`). */
export type Expression =
  | Literal
  | ListLiteral
  | Name
  | Root
  | Field
  | Not
  | Logical
  | Compare
  | Arithmetic
  | Negate
  | Call
  | Filter
  | Moment
  | Period
  | Occurs
  | Quantifier
  | Aggregate
  | Let
  | Lambda
  | Chain;
