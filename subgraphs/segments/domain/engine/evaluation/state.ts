import { cloneDueInstants, type DueInstants } from './due-instants';
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
  /** Of each condition that time alone may turn, by its number among those. */
  readonly due: DueInstants;
  /** Of each group of windows, how many are shorter than the age that decides. */
  readonly tooShort: Int32Array;
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

const STATE_BYTES = 1_600;
const FIELD_BYTES = 32;
const SERIES_BYTES = 200;

/** About how much memory a state takes, in bytes. */
export function sizeOfState({ truth, due, tooShort, realized, series, fields, attributes }: RuleState): number {
  let bytes = STATE_BYTES + truth.length + 8 * due.ofEach.length + 4 * tooShort.length + realized.length;
  bytes += 8 * (series.length + (fields?.length ?? 0)) + FIELD_BYTES * Object.keys(attributes).length;
  for (const each of series) {
    if (each) bytes += SERIES_BYTES + each.times.length * (each.values ? FIELD_BYTES : 8);
  }
  return bytes;
}

/** A state of its own with the same content. */
export function cloneState(state: RuleState): RuleState {
  return {
    ...state,
    truth: state.truth.slice(),
    due: cloneDueInstants(state.due),
    tooShort: state.tooShort.slice(),
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
