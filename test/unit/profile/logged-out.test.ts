import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { touchAll } from '../../../subgraphs/profile/domain/fold-cluster';
import type { AuthenticatedState } from '../../../subgraphs/profile/domain/identity';
import type { Item } from '../../../subgraphs/profile/domain/item';
import { isLoggedOut } from '../../../subgraphs/profile/domain/logged-out';
import { STANDARD_NAMESPACES } from '../../../subgraphs/profile/domain/namespace';
import { fromHeadDocument, toHeadDocument } from '../../../subgraphs/profile/store/head-document';

const BROWSER = 'ECID|1';

/** Ann or Bob is seen on the browser. */
interface Sighting {
  readonly person: 'CRMID|ann' | 'CRMID|bob';
  readonly state: AuthenticatedState;
  readonly atMs: number;
  readonly kind: 'EVENT' | 'RECORD';
}

const sightings: fc.Arbitrary<readonly Sighting[]> = fc.array(
  fc.record({
    person: fc.constantFrom('CRMID|ann', 'CRMID|bob'),
    state: fc.constantFrom('AMBIGUOUS', 'AUTHENTICATED', 'LOGGED_OUT'),
    atMs: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom('EVENT', 'RECORD'),
  }),
  { maxLength: 7 },
);

function toItem({ person, state, atMs, kind }: Sighting, index: number): Item {
  const dataset = kind === 'EVENT' ? 'web' : 'crm';
  const identities = [
    { key: BROWSER, namespace: 'ECID', value: '1', state: 'AMBIGUOUS' as const },
    { key: person, namespace: 'CRMID', value: person, state },
  ];
  const whose = { owner: person, identities, links: [{ from: BROWSER, to: person, derived: false }] };
  const base = { kind, dataset, id: `${index}`, key: `${dataset}|${index}`, atMs, enabled: true };
  return { ...base, ...whose, data: {}, json: '{}' };
}

function isOutAfter(items: readonly Item[]): boolean {
  const { identities, links } = touchAll({ people: [], items });
  const head = { revision: 1, createdAtMs: 0, identities: [...identities.values()], links: [...links.values()] };
  const kept = fromHeadDocument(JSON.parse(JSON.stringify(toHeadDocument(head, undefined))));
  return isLoggedOut(kept, BROWSER, STANDARD_NAMESPACES);
}

/** By what was said last; of one instant a login before a log-out, and that before what says neither. */
function plain(all: readonly Sighting[]): boolean {
  const order = ['AMBIGUOUS', 'LOGGED_OUT', 'AUTHENTICATED'];
  // Of each dataset the newest sighting of two identities is kept.
  const kept = (['CRMID|ann', 'CRMID|bob'] as const).flatMap((person) =>
    (['EVENT', 'RECORD'] as const).flatMap((kind) => {
      const own = all.filter((each) => each.person === person && each.kind === kind);
      return own.sort((a, b) => a.atMs - b.atMs || order.indexOf(a.state) - order.indexOf(b.state)).slice(-1);
    }),
  );
  const saying = kept.filter(({ kind, state }) => kind === 'EVENT' || state !== 'AMBIGUOUS');
  const last = saying.sort((a, b) => a.atMs - b.atMs || order.indexOf(a.state) - order.indexOf(b.state)).at(-1);
  return last?.state === 'LOGGED_OUT';
}

test('P-17 P-5 who is logged out follows from when it was said, in whatever order it came', () => {
  const arrivals = sightings.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })),
  );
  fc.assert(
    fc.property(arrivals, ([all, order]) => {
      const items = all.map(toItem);
      expect(isOutAfter(order.flatMap((index) => items[index] ?? []))).toBe(plain([...all]));
    }),
    { numRuns: process.env.ATTUNE_TEST_LONG === '1' ? 20_000 : 500 },
  );
});

test('P-17 at one instant a login ends a log-out; a record that names both brings nobody back', () => {
  const seen = (state: AuthenticatedState, atMs: number, kind: Sighting['kind'] = 'EVENT'): Sighting => ({
    ...{ person: 'CRMID|ann', state, atMs, kind },
  });
  const isOut = (...all: readonly Sighting[]): boolean => isOutAfter(all.map(toItem));
  expect(isOut(seen('LOGGED_OUT', 1), seen('AUTHENTICATED', 1))).toBe(false);
  expect(isOut(seen('AUTHENTICATED', 1), seen('LOGGED_OUT', 1))).toBe(false);
  expect(isOut(seen('LOGGED_OUT', 1), seen('AMBIGUOUS', 1))).toBe(true);
  expect(isOut(seen('LOGGED_OUT', 1), seen('AMBIGUOUS', 2, 'RECORD'))).toBe(true);
  expect(isOut(seen('LOGGED_OUT', 1), seen('AUTHENTICATED', 2, 'RECORD'))).toBe(false);
});
