import type { Calendar } from '../time/calendar';

/** One thing that a person did. */
export interface PqlEvent {
  readonly timestampMs: number;
  readonly data: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a rule is asked about: one person at one instant. */
export interface PqlScope {
  /** Attributes, with `computedAttributes` beside them. */
  readonly profile: Fields;
  /** What `xEvent` is, in any order; none when it is left out. */
  readonly events?: readonly PqlEvent[];
  /** What `context` is: fields of the request. */
  readonly context?: Fields;
  /** What `offer` is, in formulas that rank offers. */
  readonly offer?: Fields;
  /** What `now` is. */
  readonly nowMs: number;
  /** Answers `inSegment`; nobody is in any when it is left out. */
  readonly inSegment?: (segmentId: string) => boolean;
  /** When that answer may change by itself, in milliseconds; never, when it is left out. */
  readonly turnOfSegment?: (segmentId: string) => number;
}

/** One evaluation under way. */
export interface Run {
  readonly scope: PqlScope;
  /** Variables, and the items at hand of the lists around. */
  readonly slots: unknown[];
  /** The first instant at which the passing of time alone may change what was seen so far. */
  turnMs: number;
}

/** What a compiled node gives: `event` and `events` are PqlEvents, anything else is `value`. */
export type ResultKind = 'value' | 'event' | 'events';

export interface Compiled {
  readonly kind: ResultKind;
  readonly run: (run: Run) => unknown;
}

/** A slot, and what it holds. */
export interface Binding {
  readonly slot: number;
  readonly kind: ResultKind;
}

/** Which names mean what at a place in the rule. */
export interface Names {
  /** `profile` is the variable of a lambda around the whole rule. */
  readonly variables: ReadonlyMap<string, Binding | 'profile'>;
  /** The items of the lists around, the innermost last. */
  readonly items: readonly Binding[];
}

/** What compiling needs besides the node: where names are looked up is given apart. */
export interface Compilation {
  readonly calendar: Calendar;
  newSlot(): number;
}

/** Takes note of an instant at which something that was asked for may change. */
export function noteTurn(run: Run, atMs: number): void {
  if (atMs < run.turnMs) run.turnMs = atMs;
}

/** The names inside a list whose items are in `item`. */
export function withItem(names: Names, item: Binding): Names {
  return { variables: names.variables, items: [...names.items, item] };
}

/** The names with one more variable. */
export function withVariable(names: Names, variable: string, binding: Binding | 'profile'): Names {
  return { variables: new Map(names.variables).set(variable, binding), items: names.items };
}
