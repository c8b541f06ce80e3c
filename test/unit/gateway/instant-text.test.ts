import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createInstantText } from '../../../gateway/execution/instant-text';

test('an instant is said as JSON says it, whatever was said before', () => {
  const toText = createInstantText();
  const near = fc.integer({ min: 1_700_000_000_000, max: 1_700_400_000_000 });
  const any = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 });
  const odd = fc.constantFrom(Number.NaN, -1, 0, 253_402_300_799_999, 253_402_300_800_000);
  fc.assert(
    fc.property(fc.array(fc.oneof(near, any, odd), { maxLength: 50 }), (instants) => {
      for (const atMs of instants) expect(toText(new Date(atMs))).toBe(new Date(atMs).toJSON());
    }),
  );
});
