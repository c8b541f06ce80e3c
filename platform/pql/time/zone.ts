import { IANAZone } from 'luxon';

/** A time zone's clocks. Local milliseconds are what its clocks show, counted as if they showed UTC. */
export interface Zone {
  toLocal(ms: number): number;
  /** The first instant at which the clocks show this; where they leap over it, the leap's length later. */
  fromLocal(localMs: number): number;
}

const QUARTER_HOUR_MS = 900_000;
const DAY_MS = 86_400_000;
const REMEMBERED = 20_000;

/** True for a name of the IANA list, or `UTC`. */
export function isTimeZone(name: string): boolean {
  return name === 'UTC' || IANAZone.isValidZone(name);
}

/** The zone of this IANA name. Unknown ones are UTC. */
export function createZone(name: string): Zone {
  if (name === 'UTC' || !IANAZone.isValidZone(name)) return { toLocal: (ms) => ms, fromLocal: (ms) => ms };
  const offsetAt = rememberOffsets(IANAZone.create(name));
  return {
    toLocal: (ms) => ms + offsetAt(ms),
    fromLocal(localMs) {
      const before = offsetAt(localMs - DAY_MS);
      const after = offsetAt(localMs + DAY_MS);
      const early = localMs - Math.max(before, after);
      if (before === after || early + offsetAt(early) === localMs) return early;
      return localMs - Math.min(before, after);
    },
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
