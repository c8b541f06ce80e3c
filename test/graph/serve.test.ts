import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { askOverHttp, KEYS } from '../support/modes';
import { createMongoDatabase, mongodbUri } from '../support/mongo-database';
import { openServer, type ServerProcess } from '../support/server-process';
import { event, identityMap } from '../support/shop';
import { createTemporaryFolder } from '../support/temporary-folder';

const INGEST = 'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }';
const EVENTS =
  '{ profile(identity: { namespace: "CRMID", value: "K" }) { events(first: 1000) { edges { node { id } } } } }';
const ROUNDS = process.env.ATTUNE_TEST_LONG === '1' ? 20 : 3;

describe('attune serve', () => {
  let folder: ReturnType<typeof createTemporaryFolder>;
  const servers: ServerProcess[] = [];
  const start = async (args: readonly string[], environment?: Record<string, string>): Promise<ServerProcess> => {
    const server = await openServer(args, environment);
    servers.push(server);
    return server;
  };
  beforeEach(() => {
    folder = createTemporaryFolder();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.end('SIGKILL');
    folder.remove();
  });

  test('a first collect needs no set-up, and the data is there after Ctrl-C and a new start', async () => {
    const first = await start(['--data', folder.path]);
    const { data } = await askOverHttp(first.url, {
      key: KEYS.public,
      query: 'mutation ($input: CollectInput!) { collect(input: $input) { ecid results { status } profile { id } } }',
      variables: { input: { events: [event('web.pageView', Date.now())] } },
    });
    const { ecid, profile } = (data as { collect: { ecid: string; profile: { id: string } } }).collect;
    expect(await first.end('SIGINT')).toBe(0);

    const second = await start(['--data', folder.path]);
    const again = await askOverHttp(second.url, {
      key: KEYS.public,
      query: 'query ($ecid: String!) { profile(identity: { namespace: "ECID", value: $ecid }) { id } }',
      variables: { ecid },
    });
    expect(again).toEqual({ data: { profile } });
    expect(await second.end('SIGTERM')).toBe(0);
  });

  test('P-4 P-18 limits, and what silence about a purpose counts as, are settings', async () => {
    const server = await start(['--data', folder.path], {
      ATTUNE_LIMITS: 'eventBytes=400, identitiesPerItem=2',
      ATTUNE_UNKNOWN_CONSENT: 'collect=DENIED',
    });
    const who = { identityMap: identityMap('CRMID', 'K') };
    const three = { CRMID: [{ id: 'K' }], IDFA: [{ id: 'a' }, { id: 'b' }] };
    const ask = async (query: string, variables = {}) => {
      const { data } = await askOverHttp(server.url, { key: KEYS.server, query, variables });
      // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
      return data as any;
    };
    const query = `mutation ($events: [JSONObject!]!) {
      ingestEvents(dataset: "web", events: $events) { results { status code message } }
    }`;
    const events = [
      event('a', Date.now(), { ...who, padding: 'x'.repeat(400) }),
      event('a', Date.now(), { identityMap: three }),
      event('a', Date.now(), who),
    ];
    const refused = (await ask(query, { events })).ingestEvents.results;
    expect(refused).toEqual([
      { status: 'REJECTED', code: 'LIMIT_EXCEEDED', message: expect.stringContaining('eventBytes is 400') },
      { status: 'REJECTED', code: 'LIMIT_EXCEEDED', message: expect.stringContaining('identitiesPerItem is 2') },
      { status: 'REJECTED', code: 'CONSENT_DENIED', message: expect.any(String) },
    ]);
    await ask(
      'mutation { setConsent(identity: { namespace: "CRMID", value: "K" }, purpose: "collect", status: GRANTED) { id } }',
    );
    const taken = (await ask(query, { events: [event('a', Date.now(), who)] })).ingestEvents.results;
    expect(taken).toEqual([{ status: 'ACCEPTED', code: null, message: null }]);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  test.each([
    ['a folder', undefined],
    ['MongoDB', mongodbUri()],
  ])(
    'R-2 what was acknowledged survives kill -9 at any instant, over %s',
    async (kind, uri) => {
      if (kind === 'MongoDB' && !uri) return;
      const database = uri ? createMongoDatabase() : undefined;
      const environment: Record<string, string> = database ? { MONGODB_URI: database.uri } : {};
      const acknowledged: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const server = await start(['--data', folder.path], environment);
        const writers: Promise<void>[] = [];
        await new Promise<void>((enough) => {
          const keep = (id: string): void => {
            acknowledged.push(id);
            if (acknowledged.length >= (round + 1) * 40) enough();
          };
          for (let writer = 0; writer < 4; writer += 1) writers.push(write(server.url, round, writer, keep));
        });
        await server.end('SIGKILL');
        await Promise.all(writers);
      }
      const server = await start(['--data', folder.path], environment);
      const { data } = await askOverHttp(server.url, { key: KEYS.server, query: EVENTS });
      const { edges } = (data as { profile: { events: { edges: { node: { id: string } }[] } } }).profile.events;
      const kept = new Set(edges.map(({ node }) => node.id));
      expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
      await server.end('SIGTERM');
      await database?.drop();
    },
    120_000,
  );

  test('a second process on the same folder is refused with a sentence that says who holds it', async () => {
    await start(['--data', folder.path]);
    await expect(openServer(['--data', folder.path])).rejects.toThrow(/\bprocess \d+/);
  });

  test('a setting that cannot be used stops the start with 2 and is named', async () => {
    await expect(openServer(['--data', folder.path], { ATTUNE_TIME_ZONE: 'Mars/Olympus' })).rejects.toThrow(
      /ended with 2: .*ATTUNE_TIME_ZONE/,
    );
    await expect(openServer(['--port', 'many'])).rejects.toThrow(/ended with 2: .*PORT/);
  });

  test('a start with a public key and no identity secret warns', async () => {
    const server = await start(['--data', folder.path]);
    expect(server.stderr()).toContain('ATTUNE_IDENTITY_SECRET');
  });
});

/** Sends one event after another until the server is gone; keeps the ids of those that were acknowledged. */
async function write(url: string, round: number, writer: number, keep: (id: string) => void): Promise<void> {
  for (let count = 0; ; count += 1) {
    const one = { ...event('web.pageView', Date.now()), _id: `${round}-${writer}-${count}` };
    const events = [{ ...one, identityMap: identityMap('CRMID', 'K') }];
    const answer = await askOverHttp(url, { key: KEYS.server, query: INGEST, variables: { events } }).catch(() => null);
    if (!answer) return;
    if ((answer.data as { ingestEvents: { accepted: number } | null } | null)?.ingestEvents?.accepted === 1) {
      keep(one._id);
    }
  }
}
