import type { ProfileEvent } from '../../../../flow/events';

export const COMPUTED_FUNCTIONS = [
  'COUNT',
  'SUM',
  'AVERAGE',
  'MIN',
  'MAX',
  'FIRST',
  'LAST',
  'DISTINCT_COUNT',
  'AFFINITY',
] as const;

export type ComputedFunction = (typeof COMPUTED_FUNCTIONS)[number];

/** What is computed from a person's events (P-15). Plain JSON, as it was sent and found good. */
export interface ComputedAttribute {
  /** Its path under `computedAttributes`. */
  readonly id: string;
  readonly function: ComputedFunction;
  /** PQL over one event. Absent: every event. */
  readonly filter?: string;
  /** Path in the event; for AFFINITY the topic's. `timestamp` is the event's time as ISO text in UTC. */
  readonly value?: string;
  /** ISO 8601 duration. Absent: all kept events. */
  readonly window?: string;
  /** AFFINITY: eventType → weight; 1 for types that are not named. */
  readonly weights?: Readonly<Record<string, number>>;
  /** AFFINITY: ISO 8601 duration. Absent: nothing fades. */
  readonly halfLife?: string;
}

/** What is kept of one person's events for one computed attribute. Plain JSON; `{}` is that of nobody's events. */
export interface ComputedState {
  /** Values are exact from this instant on. Absent: at any instant. */
  readonly settledMs?: number;
  /** What is folded together, in the aggregate's own shape. Absent: nothing. */
  readonly whole?: unknown;
  /** What is still told apart by time, in the order of `compareRows`. Absent: nothing. */
  readonly rows?: readonly Row[];
}

export type Scalar = string | number | boolean;

/** What an event gave at its time: a value, and the event's key (FIRST, LAST) or the weight (AFFINITY). */
export type Row = readonly [atMs: number, value: Scalar, detail?: string | number];

/** How the rows of one function become a value. Pure; every `whole` is plain JSON. */
export interface Aggregate<W> {
  readonly empty: W;
  /** The rows that an event gives; `values` is what stands at the value path, lists taken apart, nothing missing. */
  readonly rowsOf: (event: ProfileEvent, values: readonly unknown[]) => readonly Row[];
  /** Adds rows in any order: the same rows give the same whole. The same object when nothing changes. */
  readonly fold: (whole: W, rows: readonly Row[]) => W;
  readonly merge: (a: W, b: W) => W;
  /** The value; `undefined` when it is missing. */
  readonly read: (whole: W, nowMs: number) => unknown;
  /** A shorter way to what `read` gives for sorted rows alone, which have one order however they came. */
  readonly readRows?: (rows: readonly Row[], nowMs: number) => unknown;
  /** The sorted rows without those that others, not older, hide in every window that holds both. */
  readonly thin?: (rows: readonly Row[]) => readonly Row[];
  /** The next instant after `nowMs` at which something of the whole is no more, however slowly it faded until then. */
  readonly nextGoneMs?: (whole: W, nowMs: number) => number | undefined;
  /** The whole without what can no longer be seen at `nowMs` or later. */
  readonly forget?: (whole: W, nowMs: number) => W;
}
