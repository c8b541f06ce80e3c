import { firstAtLeast } from '../../../../platform/bisect';
import { DateValue } from '../../../../platform/pql/time/date-value';
import { createByteReader, createByteWriter } from './bytes';
import type { Leaves } from './evaluation/leaves';
import { createSeries, type Series, type Total } from './evaluation/series';
import { profileOf, type RuleState } from './evaluation/state';

/**
 * A state as plain JSON: of which rules, as of when, the truth of what reads fields alone, the fields that are read
 * again, audiences from elsewhere, the segments of general rules, series as bytes, and their values.
 */
export type PackedState = readonly [
  fingerprint: string,
  asOfMs: number,
  truth: string,
  fields: readonly unknown[],
  given: readonly string[],
  general: string,
  series: string,
  values: readonly unknown[],
];

/** What packing needs to know of the rules. */
export interface Packing {
  readonly fingerprint: string;
  readonly leaves: Leaves;
  /** Rules whose truth cannot be found from the state, by their places. */
  readonly general: readonly number[];
}

/** Packs a state. What can be found from the rest is left out. */
export function packState(state: RuleState, { fingerprint, leaves, general }: Packing): PackedState {
  const { bytes, values } = packSeries(state.series);
  return [
    fingerprint,
    state.asOfMs,
    packBits(leaves.still, state.truth),
    leaves.livePaths.map((path) => readPath(profileOf(state), path) ?? null),
    [...state.given],
    packBits(general, state.realized),
    bytes,
    values,
  ];
}

/** Fills an empty state from a packed one. Fails when it is not one of these rules. */
export function unpackState(packed: PackedState, state: RuleState, { leaves, general }: Packing): void {
  const [, asOfMs, truth, fields, given, realized, series, values] = packed;
  state.asOfMs = asOfMs;
  unpackBits(truth, leaves.still, state.truth);
  unpackBits(realized, general, state.realized);
  for (const id of given) state.given.add(id);
  const { computedAttributes = {}, ...attributes } = leaves.livePaths.reduce<Record<string, unknown>>(
    (profile, path, index) => {
      return path.length === 0
        ? { ...(fields[index] as object) }
        : writePath(profile, path, fields[index] ?? undefined);
    },
    {},
  );
  state.attributes = attributes;
  state.computedAttributes = computedAttributes as Record<string, unknown>;
  unpackSeries(series, values, state.series, leaves);
}

/** Times are written once, in a table; the entries of each series are places in it. */
function packSeries(all: RuleState['series']): { readonly bytes: string; readonly values: readonly unknown[] } {
  const table = createTimeTable(all);
  const writer = createByteWriter();
  writer.whole(table.length);
  writer.rising(table);
  const values: unknown[] = [];
  let last = -1;
  for (let index = 0; index < all.length; index++) {
    const series = all[index];
    if (!series) continue;
    writer.whole(index - last);
    last = index;
    writer.whole(series.times.length);
    writer.rising(series.times.map((t) => firstAtLeast(table, t)));
    packTotal(series.total, writer);
    if (series.values || series.total.distinct) values.push(packValues(series));
  }
  return { bytes: writer.toText(), values };
}

/** All times, rising, each once. */
function createTimeTable(all: RuleState['series']): Float64Array {
  let count = 0;
  for (const series of all) count += series?.times.length ?? 0;
  const times = new Float64Array(count);
  count = 0;
  for (const series of all) {
    if (!series) continue;
    times.set(series.times, count);
    count += series.times.length;
  }
  times.sort();
  let unique = 0;
  for (const t of times) if (unique === 0 || t !== times[unique - 1]) times[unique++] = t;
  return times.subarray(0, unique);
}

function packTotal({ count, numbers, sum }: Total, writer: ReturnType<typeof createByteWriter>): void {
  writer.whole(count);
  if (count === 0) return;
  writer.whole(numbers);
  if (numbers === 0) return;
  writer.whole(sum.length);
  for (const part of sum) writer.double(part);
}

function packValues({ values = [], total }: Series): unknown {
  const extremes = [total.least, total.greatest].map(toPacked);
  return [
    values.map(toPackedEntry),
    extremes,
    ...(total.distinct ? [[...total.distinct].map(([key, value]) => [key, toPacked(value)])] : []),
  ];
}

function toPackedEntry(entry: unknown): unknown {
  return Array.isArray(entry) ? entry.map(toPacked) : toPacked(entry);
}

/** The only dates among values are events' own times. */
function toPacked(value: unknown): unknown {
  return value instanceof DateValue ? { $at: value.startMs } : (value ?? null);
}

function fromPacked(value: unknown): unknown {
  const at = typeof value === 'object' && value !== null ? (value as { $at?: number }).$at : undefined;
  return at === undefined ? (value ?? undefined) : new DateValue(at, at);
}

function unpackSeries(bytes: string, values: readonly unknown[], all: RuleState['series'], leaves: Leaves): void {
  const reader = createByteReader(bytes);
  const table = reader.rising(reader.whole());
  const withValues = values.values();
  for (let index = -1; !reader.isAtEnd(); ) {
    index += reader.whole();
    const plan = leaves.series[index];
    if (!plan) throw new Error('A packed state names a series that these rules do not have.');
    const series = createSeries(plan.read !== undefined, plan.retention.distinct);
    series.times.push(...reader.rising(reader.whole()).map((place) => table[place] ?? 0));
    unpackTotal(series.total, reader);
    if (plan.read) unpackValues(series, withValues.next().value as readonly unknown[][]);
    all[index] = series;
  }
}

function unpackTotal(total: Total, reader: ReturnType<typeof createByteReader>): void {
  total.count = reader.whole();
  if (total.count === 0) return;
  total.numbers = reader.whole();
  if (total.numbers === 0) return;
  for (let parts = reader.whole(); parts > 0; parts--) total.sum.push(reader.double());
}

function unpackValues(
  { values, total }: Series,
  [entries = [], extremes = [], distinct = []]: readonly unknown[][],
): void {
  values?.push(...entries.map((entry) => (Array.isArray(entry) ? entry.map(fromPacked) : fromPacked(entry))));
  [total.least, total.greatest] = extremes.map(fromPacked);
  for (const [key, value] of distinct as [string, unknown][]) total.distinct?.set(key, fromPacked(value));
}

function packBits(places: readonly number[], bits: Uint8Array): string {
  const bytes = Buffer.alloc((places.length + 7) >>> 3);
  for (let index = 0; index < places.length; index++) {
    if (bits[places[index] as number] === 1) bytes[index >>> 3] = (bytes[index >>> 3] as number) | (1 << (index & 7));
  }
  return bytes.toString('base64');
}

function unpackBits(text: string, places: readonly number[], into: Uint8Array): void {
  const bytes = Buffer.from(text, 'base64');
  places.forEach((place, index) => {
    into[place] = ((bytes[index >>> 3] ?? 0) >>> (index & 7)) & 1;
  });
}

function readPath(profile: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => {
    if (Array.isArray(value)) return value.map((item) => readPath(item, [name])).filter((item) => item !== undefined);
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
      ? value[name as keyof typeof value]
      : undefined;
  }, profile);
}

function writePath(profile: Record<string, unknown>, path: readonly string[], value: unknown): Record<string, unknown> {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return { ...profile, [name]: value };
  const inner = profile[name];
  return {
    ...profile,
    [name]: writePath(typeof inner === 'object' && inner !== null ? { ...inner } : {}, rest, value),
  };
}
