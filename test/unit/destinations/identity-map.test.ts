import { describe, expect, test } from '@jest/globals';
import type { ProfileIdentity } from '../../../flow/ports';
import type { DestinationIdentity } from '../../../subgraphs/destinations/domain/destination';
import { hashIdentity, identityKey, toIdentityMap } from '../../../subgraphs/destinations/domain/identity-map';

const identity = (namespace: string, value: string, lastSeenMs = 0): ProfileIdentity => ({
  namespace,
  value,
  authenticatedState: 'AMBIGUOUS',
  firstSeenMs: 0,
  lastSeenMs,
});
const prefer = (namespace: string, rest: Partial<DestinationIdentity> = {}): DestinationIdentity => ({
  namespace,
  hash: 'NONE',
  values: 'NEWEST',
  ...rest,
});

test('A-3 the vector of the hash rule', () => {
  expect(hashIdentity(' A@X.com ')).toBe('478abec7430569163161dfea8513b8ce89d05f559456a26e945c66e1fe55a29d');
});

describe('A-1 identities', () => {
  const person = [identity('Email', 'old@x', 1), identity('Email', 'new@x', 2), identity('ECID', '7', 9)];

  test('the first namespace of preference that a person has is used', () => {
    expect(toIdentityMap([prefer('Phone'), prefer('Email'), prefer('ECID')], person)).toEqual({
      Email: [{ id: 'new@x' }],
    });
  });

  test('all values, the newest first, when asked for', () => {
    expect(toIdentityMap([prefer('Email', { values: 'ALL' })], person)).toEqual({
      Email: [{ id: 'new@x' }, { id: 'old@x' }],
    });
  });

  test('values that hash to the same are one', () => {
    const twice = [identity('Email', 'A@x.com', 1), identity('Email', ' a@X.com', 2)];
    expect(toIdentityMap([prefer('Email', { values: 'ALL', hash: 'SHA256' })], twice)).toEqual({
      Email: [{ id: hashIdentity('a@x.com') }],
    });
  });

  test('without any of them there is no map', () => {
    expect(toIdentityMap([prefer('Phone')], person)).toBeUndefined();
  });

  test('two maps of the same identities have the same key, others do not', () => {
    const one = { Email: [{ id: 'a' }, { id: 'b' }] };
    expect(identityKey(one)).toBe(identityKey({ Email: [{ id: 'b' }, { id: 'a' }] }));
    expect(identityKey(one)).not.toBe(identityKey({ Email: [{ id: 'a' }] }));
  });
});
