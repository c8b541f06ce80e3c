import type { Series } from './series';

type Fields = Readonly<Record<string, unknown>>;

/** What is known of one person under one rule set. Owned by whoever asked for it; the rule set alone reads it. */
export interface RuleState {
  /** Up to when it was evaluated: time never goes back. */
  asOfMs: number;
  /** After unpacking, those alone that are read again before they change. */
  attributes: Fields;
  computedAttributes: Fields;
  /** Both in one, made when it is asked for. */
  profile: Fields | undefined;
  /** The fields that conditions read, by number; `undefined` after unpacking. */
  fields: readonly unknown[] | undefined;
  /** Of each condition, by number. */
  readonly truth: Uint8Array;
  /** When time alone may turn a condition, by its number among the timed ones. */
  readonly dueMs: Float64Array;
  /** The least of `dueMs`; NaN when it is to be found again. */
  nextDueMs: number;
  /** Of each rule, by its place in the order of evaluation. */
  readonly realized: Uint8Array;
  /** Audiences from elsewhere that the person is in. */
  readonly given: Set<string>;
  /** By number; absent while nothing of it happened. */
  readonly series: (Series | undefined)[];
}

/** The attributes, with `computedAttributes` among them. */
export function profileOf(state: RuleState): Fields {
  state.profile ??= { ...state.attributes, computedAttributes: state.computedAttributes };
  return state.profile;
}

/** The instant at which time alone may next turn something; Infinity for never. */
export function findNextDueMs(state: RuleState): number {
  if (Number.isNaN(state.nextDueMs)) {
    let least = Number.POSITIVE_INFINITY;
    for (const dueMs of state.dueMs) if (dueMs < least) least = dueMs;
    state.nextDueMs = least;
  }
  return state.nextDueMs;
}

/** Takes note of when a timed condition may turn. */
export function setDue(state: RuleState, timed: number, dueMs: number): void {
  const before = state.dueMs[timed] as number;
  state.dueMs[timed] = dueMs;
  if (dueMs < state.nextDueMs) state.nextDueMs = dueMs;
  else if (before === state.nextDueMs && dueMs !== before) state.nextDueMs = Number.NaN;
}

/** A state of its own with the same content. */
export function cloneState(state: RuleState): RuleState {
  return {
    ...state,
    truth: state.truth.slice(),
    dueMs: state.dueMs.slice(),
    realized: state.realized.slice(),
    given: new Set(state.given),
    series: state.series.map((series) => series && structuredCloneSeries(series)),
  };
}

function structuredCloneSeries({ times, values, total }: Series): Series {
  const { sum, distinct } = total;
  return {
    times: times.slice(),
    ...(values && { values: values.slice() }),
    total: { ...total, sum: sum.slice(), ...(distinct && { distinct: new Map(distinct) }) },
  };
}
