import fc from 'fast-check';

/** One item of a random history, and the dataset that it goes to. */
export interface HistoryItem {
  readonly dataset: 'web' | 'crm';
  readonly body: Readonly<Record<string, unknown>>;
}

/** The identities that random histories are about. */
export const IDENTITIES = [
  ['CRMID', 'C-1'],
  ['CRMID', 'C-2'],
  ['CRMID', 'C-3'],
  ['Email', 'a@example.test'],
  ['Email', 'b@example.test'],
  ['ECID', ecid(1)],
  ['ECID', ecid(2)],
  ['ECID', ecid(3)],
] as const;

const START_MS = Date.UTC(2026, 0, 1);

function ecid(digits: number): string {
  return String(digits).padStart(38, '0');
}

const sighting = fc.record({
  identity: fc.constantFrom(...IDENTITIES),
  primary: fc.boolean(),
  authenticatedState: fc.constantFrom('ambiguous', 'authenticated', 'loggedOut'),
});

const attributes = fc.oneof(
  fc.record({ tier: fc.constantFrom('gold', 'silver', null) }),
  fc.record({ address: fc.record({ city: fc.constantFrom('Bern', 'Rome', null) }) }),
  fc.record({ address: fc.constantFrom('none', null, ['a']) }),
  fc.record({ address: fc.record({ zip: fc.integer({ min: 1, max: 3 }) }), tier: fc.constant('iron') }),
);

const drawn = fc.record({
  kind: fc.constantFrom('event', 'event', 'record'),
  eventType: fc.constantFrom('seen', 'bought'),
  sightings: fc.uniqueArray(sighting, { minLength: 1, maxLength: 3, selector: ({ identity }) => identity.join('|') }),
  second: fc.integer({ min: 0, max: 9 }),
  attributes,
});

/** Histories of up to 14 items on few identities, so that they meet, clash and part. */
export const histories: fc.Arbitrary<readonly HistoryItem[]> = fc
  .array(drawn, { minLength: 1, maxLength: 14 })
  .map((items) =>
    items.map(({ kind, eventType, sightings, second, attributes: fields }, index): HistoryItem => {
      const identityMap: Record<string, object[]> = {};
      for (const {
        identity: [namespace, id],
        primary,
        authenticatedState,
      } of sightings) {
        identityMap[namespace] = [...(identityMap[namespace] ?? []), { id, primary, authenticatedState }];
      }
      const base = { _id: `i-${index}`, timestamp: new Date(START_MS + second * 1000).toISOString(), identityMap };
      return kind === 'record'
        ? { dataset: 'crm', body: { ...base, ...fields } }
        : { dataset: 'web', body: { ...base, eventType, n: index + 1 } };
    }),
  );

/** A history, and a way in which it could arrive: in another order, some of it twice, in batches. */
export const arrivals = histories.chain((history) =>
  fc.record({
    history: fc.constant(history),
    order: fc.shuffledSubarray([...history.keys(), ...history.keys()], { minLength: 2 * history.length }),
    batchSize: fc.integer({ min: 1, max: 6 }),
  }),
);

/** `namespace|value`. */
export function nameOf({ namespace, value }: { readonly namespace: string; readonly value: string }): string {
  return `${namespace}|${value}`;
}

/** The history about people of their own: every identity and item has a name with the run's number in it. */
export function ofRun(run: number, history: readonly HistoryItem[]): readonly HistoryItem[] {
  return history.map(({ dataset, body }) => {
    const map = body.identityMap as Readonly<Record<string, readonly { readonly id: string }[]>>;
    const named = Object.entries(map).map(([namespace, list]) => [
      namespace,
      list.map((entry) => ({ ...entry, id: valueOfRun(run, entry.id) })),
    ]);
    return { dataset, body: { ...body, _id: `${run}-${body._id}`, identityMap: Object.fromEntries(named) } };
  });
}

/** An identity's value in a run; the order of values among each other stays. */
export function valueOfRun(run: number, value: string): string {
  return /^\d+$/.test(value) ? `${run}${value.slice(String(run).length)}` : `${run}-${value}`;
}
