import { expect, test } from '@jest/globals';
import { compileMapping } from '../../../subgraphs/destinations/domain/mapping';

test.each([
  ['UTC', 15],
  ['Pacific/Kiritimati', 16],
])('S-2 A-1 a mapping counts days in the time zone of the sandbox: %s', (timeZone, day) => {
  const fill = compileMapping(
    [{ to: 'day', from: 'currentDayOfMonth()', required: false, deduplicate: false }],
    timeZone,
  );
  expect(fill({}, Date.UTC(2026, 0, 15, 12))).toEqual({ ok: true, fields: { day } });
});
