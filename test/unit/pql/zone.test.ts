import { describe, expect, test } from '@jest/globals';
import { createZone } from '../../../platform/pql/time/zone';
import { isTimeZone } from '../../../platform/time-zone';

const WINTER_MS = Date.UTC(2026, 0, 15, 12);
const SUMMER_MS = Date.UTC(2026, 6, 15, 12);

describe('a time zone', () => {
  // Newer machines know offsets such as +01:00, older ones do not: the check and the clocks must agree on either.
  test.each(['UTC', 'Europe/Berlin', 'Etc/GMT-1', '+01:00', '-08:30', 'Mars/Olympus', ''])(
    'S-2 %p is either refused by the check or kept by the clocks, never silently UTC',
    (name) => {
      if (!isTimeZone(name)) {
        expect(() => createZone(name)).toThrow(/no time zone/);
        return;
      }
      const zone = createZone(name);
      for (const atMs of [WINTER_MS, SUMMER_MS]) expect(zone.toLocal(atMs)).toBe(atMs + offsetMs(name, atMs));
    },
  );
});

function offsetMs(timeZone: string, atMs: number): number {
  const format = new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' });
  return Date.parse(`${format.format(atMs)} UTC`) - atMs;
}
