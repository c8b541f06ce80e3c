import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { ecidOf, newEcid } from '../../../subgraphs/profile/domain/ecid';

test('P-16 an ECID is made of more random bits than it has, and is always 38 digits', () => {
  const asked: number[] = [];
  const made = Array.from({ length: 500 }, () =>
    newEcid((bytes) => {
      asked.push(bytes);
      return randomBytes(bytes);
    }),
  );
  expect(Math.min(...asked)).toBeGreaterThanOrEqual(16);
  expect(made.filter((each) => !/^\d{38}$/.test(each))).toEqual([]);
  expect(new Set(made).size).toBe(500);
  expect(new Set(made.map((each) => each[0])).size).toBe(10);
  expect(newEcid((bytes) => new Uint8Array(bytes))).toBe('0'.repeat(38));
});

// Kept by browsers for years: it must not change with a later version.
test('P-16 the ECID of a first-party id is this one, and another one in another sandbox', () => {
  expect(ecidOf('default', 'fp-1')).toBe('62143997746128914236636606327533317185');
  expect(ecidOf('default', 'fp-2')).not.toBe(ecidOf('default', 'fp-1'));
  expect(ecidOf('other', 'fp-1')).not.toBe(ecidOf('default', 'fp-1'));
});
