import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, openProfile } from '../subgraph/profile/profile-fixture';
import { askOverHttp, KEYS } from '../support/modes';
import { createMongoDatabase, type MongoDatabase, mongodbUri } from '../support/mongo-database';
import { openServer, type ServerProcess } from '../support/server-process';
import { identityMap } from '../support/shop';

const CLIENTS = 32;
const LONG = process.env.ATTUNE_TEST_LONG === '1';

const PEOPLE = `query ($identities: [IdentityInput!]!) { profiles(identities: $identities) {
  identities { namespace value } identityLinks { from { value } to { value } dataset item at }
  events(first: 1000) { edges { node { id } } } } }`;
const INGEST = `mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) {
  results { id status profile { id } } } }`;

type Event = Readonly<Record<string, unknown>>;

const describeMongo = mongodbUri() ? describe : describe.skip;

describeMongo('two whole Attunes over one MongoDB', () => {
  const startMs = Date.now() - 3_600_000;
  let database: MongoDatabase;
  let servers: readonly ServerProcess[] = [];

  beforeAll(async () => {
    database = createMongoDatabase();
    // On a busy machine 32 clients on one person take long; what is tested is what comes of them.
    const environment = { MONGODB_URI: database.uri, ATTUNE_REQUEST_TIMEOUT_MS: '60000' };
    // The first makes collections and indexes.
    servers = [await openServer([], environment)];
    servers = [...servers, await openServer([], environment)];
  }, 60_000);
  afterAll(async () => {
    for (const server of servers) await server.end('SIGTERM');
    await database.drop();
  }, 60_000);

  const ask = async (server: number, query: string, variables: Record<string, unknown> = {}): Promise<Answer> => {
    const url = servers[server % servers.length]?.url ?? '';
    return askOverHttp(url, { key: KEYS.server, query, variables });
  };
  const get = async (server: number, query: string, variables?: Record<string, unknown>): Promise<Answer> => {
    const { data, errors } = await ask(server, query, variables);
    if (errors?.length) throw new Error(JSON.stringify(errors));
    return data;
  };
  const event = (name: string, number: number, identities: object): Event => ({
    _id: `${name}-${number}`,
    eventType: 'seen',
    timestamp: new Date(startMs + number * 1000).toISOString(),
    identityMap: identities,
  });
  const both = (email: number, phone: number) => ({
    ...identityMap('Email', `p${email}@example.test`),
    ...identityMap('Phone_E164', `+4179000000${phone}`),
  });

  test('P-7 32 clients of both on one person make the graph of one after another, without a lost link', async () => {
    const events = Array.from({ length: 96 }, (_, index) => event('one', index, both(index % 10, index % 7)));
    const oracle = await openProfile();
    for (const each of events) await oracle.ingest('web', each);
    const identities = [{ namespace: 'Email', value: 'p0@example.test' }];
    const expected = toPeople(await oracle.get(PEOPLE, { identities }));
    await oracle.close();
    // Of each pair the newest link, and of each plain value its hash.
    expect(expected[0]?.links).toHaveLength(70 + 17);

    await inParallel(events, (each, client) => get(client, INGEST, { events: [each] }));
    expect(toPeople(await get(0, PEOPLE, { identities }))).toEqual(expected);
    expect(toPeople(await get(1, PEOPLE, { identities }))).toEqual(expected);
  }, 60_000);

  test('P-3 the same items sent to both at once are taken once', async () => {
    const events = Array.from({ length: 64 }, (_, index) =>
      event('twice', index, identityMap('CRMID', `T-${index % 5}`)),
    );
    const answers = await inParallel([...events, ...events], (each, client) => get(client, INGEST, { events: [each] }));
    const results = answers.map(({ ingestEvents }) => ingestEvents.results[0]);
    const taken = results.filter(({ status }) => status === 'ACCEPTED').map(({ id }) => id);
    expect(taken.sort()).toEqual(events.map(({ _id }) => _id).sort());
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['ACCEPTED', 'DUPLICATE']));
    const identities = Array.from({ length: 5 }, (_, index) => ({ namespace: 'CRMID', value: `T-${index}` }));
    const kept = toPeople(await get(1, PEOPLE, { identities })).flatMap((person) => person.events);
    expect(kept.sort()).toEqual(events.map(({ _id }) => _id).sort());
  }, 60_000);

  test('P-6 a batch that both complete at once is complete once', async () => {
    const { startBatch } = await get(0, 'mutation { startBatch(dataset: "web") { id } }');
    const id = startBatch.id;
    const events = Array.from({ length: 40 }, (_, index) =>
      event('batch', index, identityMap('CRMID', `B-${index % 8}`)),
    );
    await get(
      1,
      'mutation ($id: ID!, $events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events, batch: $id) { accepted } }',
      { id, events },
    );
    const complete = 'mutation ($id: ID!) { completeBatch(id: $id) { status } }';
    const answers = await Promise.all([0, 1, 0, 1].map((server) => ask(server, complete, { id })));
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions?.code ?? 'done').sort();
    expect(codes).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'done']);
    const identities = Array.from({ length: 8 }, (_, index) => ({ namespace: 'CRMID', value: `B-${index}` }));
    for (const server of [0, 1]) {
      const kept = toPeople(await get(server, PEOPLE, { identities })).flatMap((person) => person.events);
      expect(kept.sort()).toEqual(events.map(({ _id }) => _id).sort());
    }
  }, 60_000);

  test(
    'Q-3 what one acknowledged, the other shows to the very next question',
    async () => {
      const rounds = LONG ? 2000 : 24;
      const query = `{ profile(identity: { namespace: "CRMID", value: "Q-1" }) { events(first: 1) { edges { node { id } } } } }`;
      for (let round = 0; round < rounds; round += 1) {
        await get(round, INGEST, { events: [event('read', round, identityMap('CRMID', 'Q-1'))] });
        const { profile } = await get(round + 1, query);
        expect(profile.events.edges[0].node.id).toBe(`read-${round}`);
      }
    },
    LONG ? 600_000 : 60_000,
  );
});

/** Does the work with so many clients at a time; the answers are in the order of the work. */
async function inParallel<T>(
  work: readonly T[],
  send: (each: T, client: number) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const client = async (number: number): Promise<void> => {
    for (let at = next++; at < work.length; at = next++) answers[at] = await send(work[at] as T, number);
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  return answers;
}

function toPeople({ profiles }: Answer): readonly { identities: string[]; links: string[]; events: string[] }[] {
  return profiles.map((profile: Answer) => ({
    identities: profile.identities.map(({ namespace, value }: Answer) => `${namespace}|${value}`).sort(),
    links: profile.identityLinks
      .map(({ from, to, ...source }: Answer) => JSON.stringify([[from.value, to.value].sort(), source]))
      .sort(),
    events: profile.events.edges.map(({ node }: Answer) => node.id),
  }));
}
