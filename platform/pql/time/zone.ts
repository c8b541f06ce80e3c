import type { IANAZone } from 'luxon';
import { findTimeZone } from '../../time-zone';

/** A time zone's clocks. Local milliseconds are what its clocks show, counted as if they showed UTC. */
export interface Zone {
  toLocal(ms: number): number;
  /** The first instant at which the clocks show this; where they leap over it, the instant of the leap. */
  fromLocal(localMs: number): number;
  /** The first instant after `ms`, before `untilMs`, at which the clocks are changed. */
  nextClockChange(ms: number, untilMs: number): number | undefined;
}

const QUARTER_HOUR_MS = 900_000;
const DAY_MS = 86_400_000;
const REMEMBERED = 20_000;

const ALWAYS_UTC: Zone = { toLocal: (ms) => ms, fromLocal: (ms) => ms, nextClockChange: () => undefined };

/** The zone of this name, as `isTimeZone` knows it. Fails for one that is not known. */
export function createZone(name: string): Zone {
  if (name === 'UTC') return ALWAYS_UTC;
  const zone = findTimeZone(name);
  if (!zone) throw new Error(`There is no time zone ${JSON.stringify(name)}.`);
  const known = zones.get(zone) ?? toZone(zone);
  zones.set(zone, known);
  return known;
}

// Every rule has a calendar, and all of a zone share what is known of its clocks.
const zones = new WeakMap<IANAZone, Zone>();

function toZone(zone: IANAZone): Zone {
  const offsetAt = rememberOffsets(zone);
  return {
    toLocal: (ms) => ms + offsetAt(ms),
    fromLocal(localMs) {
      const before = offsetAt(localMs - DAY_MS);
      const after = offsetAt(localMs + DAY_MS);
      const early = localMs - Math.max(before, after);
      if (before === after || early + offsetAt(early) === localMs) return early;
      const late = localMs - Math.min(before, after);
      return late + offsetAt(late) === localMs ? late : findLeap(offsetAt, early);
    },
    nextClockChange: (ms, untilMs) => findClockChange(offsetAt, ms, untilMs),
  };
}

/** Clocks change on quarter hours only, so one look-up serves each. */
function rememberOffsets(zone: IANAZone): (ms: number) => number {
  const offsets = new Map<number, number>();
  return (ms) => {
    const quarter = Math.floor(ms / QUARTER_HOUR_MS);
    let offset = offsets.get(quarter);
    if (offset === undefined) {
      offset = Math.round(zone.offset(quarter * QUARTER_HOUR_MS) * 60_000) || 0;
      if (offsets.size >= REMEMBERED) offsets.clear();
      offsets.set(quarter, offset);
    }
    return offset;
  };
}

/** The quarter hour after `ms` at which the clocks leap. */
function findLeap(offsetAt: (ms: number) => number, ms: number): number {
  const offset = offsetAt(ms);
  let quarter = Math.ceil(ms / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
  while (offsetAt(quarter) === offset && quarter < ms + DAY_MS) quarter += QUARTER_HOUR_MS;
  return quarter;
}

/** Looks day by day, then by quarter hours in the day that holds a change. */
function findClockChange(offsetAt: (ms: number) => number, ms: number, untilMs: number): number | undefined {
  const offset = offsetAt(ms);
  for (let day = ms; day < untilMs; day += DAY_MS) {
    if (offsetAt(Math.min(day + DAY_MS, untilMs)) === offset) continue;
    let quarter = Math.floor(day / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
    while (offsetAt(quarter) === offset) quarter += QUARTER_HOUR_MS;
    return quarter < untilMs ? quarter : undefined;
  }
  return undefined;
}
