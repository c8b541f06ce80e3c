import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Commit } from '../../../platform/store/store';
import { type HistoryItem, histories, nameOf } from '../../support/random-history';
import { send, stateOf } from './people-of-history';
import { type Answer, ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile();
});
afterAll(() => profile.close());

const UNLINK = `mutation ($p: IdentityInput!, $i: IdentityInput!) { unlinkIdentity(profile: $p, identity: $i) {
  profile { id attributes identities { value } events { edges { node { id } } } }
  unlinked { id attributes identities { namespace value } events { edges { node { id } } } }
} }`;
const unlink = async (p: object, i: object, sandbox = 'default'): Promise<Answer> =>
  (await profile.get(UNLINK, { p, i }, { sandbox })).unlinkIdentity;

test('P-10 a cut gives each side back what it brought, and the history tells of it', async () => {
  const crm = { namespace: 'CRMID', value: 'cut' };
  const email = { namespace: 'Email', value: 'cut@example.test' };
  await profile.ingest(
    'crm',
    { ...who({ CRMID: 'cut' }), tier: 'gold' },
    { ...who({ Email: email.value }), city: 'Bern' },
  );
  await profile.ingest('web', { ...event('a', NOW_MS, who({ Email: email.value })), _id: 'of-email' });
  await profile.ingest('web', { ...event('a', NOW_MS, who({ CRMID: 'cut', Email: email.value })), _id: 'of-both' });
  const before = await profile.find('CRMID', 'cut');
  expect(before.attributes).toEqual({ tier: 'gold', city: 'Bern' });

  const { profile: stays, unlinked } = await unlink(crm, email);

  expect(stays).toMatchObject({ id: before.id, attributes: { tier: 'gold' }, identities: [{ value: 'cut' }] });
  expect(eventIds(stays)).toEqual(['of-both']);
  expect(unlinked.attributes).toEqual({ city: 'Bern' });
  expect(unlinked.identities.map(({ namespace }: Answer) => namespace)).toEqual(['Email', 'Email_LC_SHA256']);
  expect(eventIds(unlinked)).toEqual(['of-email']);
  const { identityHistory } = await profile.find(
    'CRMID',
    'cut',
    'identityHistory { edges { node { kind identities } } }',
  );
  const kinds = identityHistory.edges.map(({ node }: Answer) => node.kind);
  expect(kinds).toEqual(expect.arrayContaining(['CUT', 'SPLIT', 'MERGED']));
  const changes = (await profile.changes()).get(before.id) ?? [];
  expect(changes.at(-1)).toMatchObject({ rebuilt: true, cause: { kind: 'SPLIT' }, attributes: { tier: 'gold' } });
});

test('P-10 a late item from before the cut does not link again, a later sighting does', async () => {
  const both = who({ CRMID: 'cut', Email: 'cut@example.test' });
  const idOf = async (namespace: string, value: string) => (await profile.find(namespace, value)).id;
  await profile.ingest('web', event('late', NOW_MS - 1000, both));
  expect(await idOf('CRMID', 'cut')).not.toBe(await idOf('Email', 'cut@example.test'));
  await profile.ingest('web', event('later', profile.clock.now() + 1000, both));
  expect(await idOf('CRMID', 'cut')).toBe(await idOf('Email', 'cut@example.test'));
});

test('P-10 a hash goes with the value that it is of, also where it was seen by itself', async () => {
  const email = 'hashed@example.test';
  const hash = createHash('sha256').update(email).digest('hex');
  await profile.ingest('web', event('a', NOW_MS, who({ CRMID: 'hashed', Email: email })));
  await profile.ingest('web', event('b', NOW_MS + 1, who({ CRMID: 'hashed', Email_LC_SHA256: hash })));
  const cut = await unlink({ namespace: 'CRMID', value: 'hashed' }, { namespace: 'Email', value: email });
  expect(cut.profile.identities).toEqual([{ value: 'hashed' }]);
  expect(cut.unlinked.identities).toHaveLength(2);
});

test('P-10 a cut holds for what was seen by a clock that is ahead, too', async () => {
  await profile.ingest('web', event('a', NOW_MS + 3_600_000, who({ CRMID: 'ahead', ECID: ecid(902) })));
  const cut = await unlink({ namespace: 'CRMID', value: 'ahead' }, { namespace: 'ECID', value: ecid(902) });
  expect(cut.unlinked.id).not.toBe(cut.profile.id);
});

test('P-10 the profile keeps its id, also when its best identity is cut out', async () => {
  await profile.ingest('web', event('a', NOW_MS, who({ CRMID: 'best', ECID: ecid(900) })));
  const { id } = await profile.find('ECID', ecid(900));
  const cut = await unlink({ namespace: 'ECID', value: ecid(900) }, { namespace: 'CRMID', value: 'best' });
  expect(cut.profile.id).toBe(id);
  expect(cut.unlinked.id).not.toBe(id);
});

test('P-10 those that stay hold together, also when the one that is cut out was the best of each item', async () => {
  await profile.ingest('web', event('a', NOW_MS, who({ CRMID: 'hub', Email: 'hub@example.test', ECID: ecid(901) })));
  const cut = await unlink({ namespace: 'ECID', value: ecid(901) }, { namespace: 'CRMID', value: 'hub' });
  expect(cut.profile.identities.map(({ value }: Answer) => value)).toEqual(
    expect.arrayContaining(['hub@example.test', ecid(901)]),
  );
});

test('P-10 P-14 after a merge and a split the younger profile’s id finds who has its identities', async () => {
  const [old, young] = [ecid(910), ecid(911)];
  await profile.ingest('web', event('a', NOW_MS, who({ ECID: old, CRMID: 'old' })));
  await profile.ingest('web', event('a', NOW_MS, who({ ECID: young, Email: 'young@example.test' })));
  const { id } = await profile.find('ECID', young);
  const [bridge, other] = [
    { namespace: 'Phone_E164', value: '+41440000001' },
    { namespace: 'ECID', value: old },
  ];
  await profile.ingest('web', event('a', NOW_MS, who({ ECID: old, Phone_E164: bridge.value })));
  await profile.ingest('web', event('a', NOW_MS, who({ ECID: young, Phone_E164: bridge.value })));
  const merged = await profile.find('ECID', young);
  expect(merged.id).not.toBe(id);
  expect((await profile.subgraph.reader.getMany('default', [id]))[0]?.id).toBe(merged.id);

  await unlink(other, bridge);

  // One that remembers nothing of what was done.
  const fresh = await openProfile({ store: profile.store, clock: profile.clock });
  const apart = await fresh.find('Email', 'young@example.test');
  expect(apart.id).not.toBe(merged.id);
  expect((await fresh.subgraph.reader.getMany('default', [id]))[0]?.id).toBe(apart.id);
  expect((await fresh.find('ECID', old)).id).toBe(merged.id);
  await fresh.close();
});

test('P-10 a merge and a split of large graphs write as few documents as those of small ones', async () => {
  const written: number[] = [];
  const { store } = profile;
  const counting = {
    ...store,
    commit: (commit: Commit) => {
      written.push(commit.writes.length);
      return store.commit(commit);
    },
  };
  const beside = await openProfile({ store: counting, clock: profile.clock });
  const writesOf = async (size: number): Promise<readonly number[]> => {
    const device = (side: string, number: number) => `${size}-${side}-${number}`;
    for (const side of ['a', 'b']) {
      const devices = Array.from({ length: size }, (_, number) => device(side, number));
      await beside.ingest('web', event('a', NOW_MS, who({ GAID: `${size}-${side}`, IDFA: devices })));
    }
    written.length = 0;
    await beside.ingest('web', event('a', NOW_MS, who({ IDFA: [device('a', 0), device('b', 0)] })));
    const [p, i] = [1, 0].map((number) => ({ namespace: 'IDFA', value: device('a', number) }));
    await beside.get(UNLINK, { p, i });
    return [...written];
  };
  const few = await writesOf(2);
  expect(few).toHaveLength(2);
  expect(await writesOf(18)).toEqual(few);
  await beside.close();
});

test('P-10 cutting what is not there is NOT_FOUND, from itself BAD_USER_INPUT', async () => {
  const [known, other] = [
    { namespace: 'CRMID', value: 'best' },
    { namespace: 'CRMID', value: 'cut' },
  ];
  await expect(unlink({ namespace: 'CRMID', value: 'nobody' }, known)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(unlink(known, other)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(unlink(known, known)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('P-10 after a cut everybody is as if the items had never held the identity together with others', async () => {
  let sandboxes = 0;
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), async (history, choice) => {
      sandboxes += 1;
      const [cut, apart] = [`c${sandboxes}`, `d${sandboxes}`];
      await send(profile, cut, history, 4);
      const people = await stateOf(profile, cut);
      const shared = people.filter(({ identities }) => identities.filter(isPlain).length > 1);
      const person = shared[choice % Math.max(1, shared.length)];
      const plain = person?.identities.filter(isPlain) ?? [];
      const [gone, other] = [plain[choice % plain.length], plain[(choice + 1) % plain.length]];
      fc.pre(gone !== undefined && other !== undefined);
      if (!gone || !other) return;
      await unlink(refOf(other), refOf(gone), cut);
      await send(
        profile,
        apart,
        history.flatMap((item) => without(item, gone)),
        4,
      );
      expect((await stateOf(profile, cut)).map(withoutLinks)).toEqual(
        (await stateOf(profile, apart)).map(withoutLinks),
      );
    }),
    { numRuns: process.env.ATTUNE_TEST_LONG === '1' ? 2000 : 60 },
  );
}, 300_000);

// Links say which items they came from, and those are others here.
const withoutLinks = ({ links: _, ...rest }: { readonly links: unknown }): object => rest;
const refOf = ({ namespace, value }: { namespace: string; value: string }) => ({ namespace, value });
const isPlain = ({ namespace }: { namespace: string }): boolean => !namespace.endsWith('SHA256');

/** The item as if it had held the identity by itself: whose it is stays as it was. */
function without(item: HistoryItem, gone: { namespace: string; value: string }): readonly HistoryItem[] {
  const map = item.body.identityMap as Record<string, { id: string; primary: boolean }[]>;
  const all = Object.entries(map).flatMap(([namespace, list]) => list.map((entry) => ({ ...entry, namespace })));
  const held = all.find(({ namespace, id }) => namespace === gone.namespace && id === gone.value);
  if (!held || all.length === 1) return [item];
  const owner = ownerOf(all);
  const rest = all.filter((entry) => entry !== held);
  const seen = (entries: typeof all): HistoryItem => ({
    dataset: 'crm',
    body: { _id: `${item.body._id}-seen`, timestamp: item.body.timestamp, identityMap: toMap(entries) },
  });
  const own = (entries: typeof all): HistoryItem => ({ ...item, body: { ...item.body, identityMap: toMap(entries) } });
  if (owner === held) return [own([held]), seen(rest)];
  return [own(rest.map((entry) => ({ ...entry, primary: entry === owner }))), seen([held])];
}

const PRIORITIES: Record<string, number> = { CRMID: 1, Email: 2, ECID: 5 };

function ownerOf(all: { namespace: string; id: string; primary: boolean }[]) {
  return [...all].sort(
    (a, b) =>
      Number(b.primary) - Number(a.primary) ||
      (PRIORITIES[a.namespace] ?? 9) - (PRIORITIES[b.namespace] ?? 9) ||
      (nameOf({ ...a, value: a.id }) < nameOf({ ...b, value: b.id }) ? -1 : 1),
  )[0];
}

function toMap(entries: readonly { namespace: string }[]): Record<string, object[]> {
  const map: Record<string, object[]> = {};
  for (const { namespace, ...entry } of entries) map[namespace] = [...(map[namespace] ?? []), entry];
  return map;
}
