import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Membership } from '../../../subgraphs/segments/domain/membership';
import { packMemberships, unpackMemberships } from '../../../subgraphs/segments/store/packed-memberships';

const membership: fc.Arbitrary<Membership> = fc.record({
  status: fc.constantFrom('REALIZED', 'EXITED'),
  atMs: fc.constantFrom(1, 2),
  version: fc.nat({ max: 3 }),
  cause: fc.constantFrom(
    { kind: 'EVENT', reference: 'web|1' },
    { kind: 'EVENT', reference: 'web|2' },
    { kind: 'RULE' },
  ),
});
const byId = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), membership);

describe('memberships as they are kept', () => {
  test('S-10 come back with status, time, version and cause, and tell how many they are without being unpacked', () => {
    fc.assert(
      fc.property(byId, (given) => {
        const memberships = new Map(Object.entries(given));
        const kept = unpackMemberships(JSON.parse(JSON.stringify(packMemberships(memberships))));
        expect(kept.size).toBe(memberships.size);
        expect(new Map(kept)).toEqual(memberships);
      }),
    );
  });

  test('S-10 what nobody changed is written as it was read', () => {
    const packed = packMemberships(
      new Map([['a', { status: 'REALIZED', atMs: 1, version: 1, cause: { kind: 'RULE' } }]]),
    );
    const kept = unpackMemberships(packed);
    expect(kept.get('a')?.status).toBe('REALIZED');
    expect(packMemberships(kept)).toBe(packed);
  });
});
