import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { askOverHttp, KEYS } from '../support/modes';
import { openServer, type ServerProcess } from '../support/server-process';
import { event, identityMap } from '../support/shop';
import { createTemporaryFolder } from '../support/temporary-folder';

const INGEST = 'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }';
const SUBSCRIPTION =
  'subscription ($after: String) { segmentQualificationChanged(after: $after) { cursor profileId segmentId status } }';

interface Told {
  readonly cursor: string;
  readonly profileId: string;
  readonly segmentId: string;
  readonly status: string;
}

describe('segments of a server that is killed', () => {
  let folder: ReturnType<typeof createTemporaryFolder>;
  let server: ServerProcess;
  const start = async (): Promise<void> => {
    server = await openServer(['--data', folder.path]);
  };
  beforeEach(async () => {
    folder = createTemporaryFolder();
    await start();
  });
  afterEach(async () => {
    await server.end('SIGKILL');
    folder.remove();
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
  const ask = async (query: string, variables = {}): Promise<any> => {
    const { data, errors } = await askOverHttp(server.url, { key: KEYS.admin, query, variables });
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const see = async (...people: readonly string[]): Promise<void> => {
    const events = people.map((id) => event('view', Date.now(), { identityMap: identityMap('CRMID', id) }));
    await ask(INGEST, { events });
  };
  const publish = (id: string, rule: string) =>
    ask('mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { id } } }', {
      input: { id, name: id, rule, publish: true },
    });
  /** Whatever is announced, pulled page by page. */
  const pull = async (): Promise<readonly Told[]> => {
    const found: Told[] = [];
    for (let after: string | null = null; ; ) {
      const { segmentQualifications: page } = await ask(
        `query ($after: String) { segmentQualifications(first: 500, after: $after) {
          edges { node { cursor profileId segmentId status } } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      found.push(...page.edges.map(({ node }: { node: Told }) => node));
      if (!page.pageInfo.hasNextPage) return found;
      after = page.pageInfo.endCursor;
    }
  };
  const nameOf = ({ profileId, segmentId, status }: Told): string => `${profileId} ${segmentId} ${status}`;

  test('S-12 a subscriber whose server is killed comes back with the last cursor: no gap, and nothing twice', async () => {
    await publish('seen', 'xEvent.count() >= 1');
    await publish('twice', 'xEvent.count() >= 2');
    const told: Told[] = [];
    const listen = (after: string | undefined) => {
      const client = createClient({
        url: `${server.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${KEYS.server}` },
        retryAttempts: 0,
        lazy: false,
        onNonLazyError: () => {},
      });
      const ended = (async () => {
        for await (const { data } of client.iterate({ query: SUBSCRIPTION, variables: { after } }))
          told.push((data as unknown as { segmentQualificationChanged: Told }).segmentQualificationChanged);
      })().catch(() => undefined);
      return { ended, close: () => client.dispose() };
    };
    // The first of all is announced, so that there is a cursor to come back with.
    await see('first');
    let last = (await pull()).at(0)?.cursor;
    while (last === undefined) last = (await pull()).at(0)?.cursor;
    const first = (await pull()).slice(0, 1);
    for (let round = 0; round < 2; round += 1) {
      const { ended } = listen(told.at(-1)?.cursor ?? last);
      const before = told.length;
      const writing = (async () => {
        for (let turn = 0; ; turn += 1) await see(`p${round}-${turn}`, `p${round}-${turn}`, `p${round}-${turn}-once`);
      })().catch(() => undefined);
      while (told.length < before + 20) await new Promise(setImmediate);
      await server.end('SIGKILL');
      await Promise.all([writing, ended]);
      await start();
    }
    const { close } = listen(told.at(-1)?.cursor);
    await see('the-end');
    const { profile } = await ask('{ profile(identity: { namespace: "CRMID", value: "the-end" }) { id } }');
    // The very last is heard, and by then all that was announced is there to be pulled.
    while (!told.some(({ profileId }) => profileId === profile.id)) await new Promise(setImmediate);
    let all = await pull();
    while (told.length + first.length < all.length) {
      await new Promise(setImmediate);
      all = await pull();
    }
    close();
    expect([...first, ...told].map(nameOf).sort()).toEqual(all.map(nameOf).sort());
    expect(new Set(told.map(nameOf)).size).toBe(told.length);
  }, 120_000);

  test('S-6 a backfill whose server is killed goes on where it stood: everybody is found, and each announced once', async () => {
    const people = Array.from({ length: 2_000 }, (_, index) => `p${index}`);
    for (let at = 0; at < people.length; at += 500) await see(...people.slice(at, at + 500));
    await publish('seen', 'xEvent.count() >= 1');
    const stateOf = async () =>
      (await ask('{ segment(id: "seen") { counts { realized } backfill { done total } } }')).segment;
    // Some were looked at, others not yet, unless it was quicker than we are.
    for (let state = await stateOf(); state.backfill?.done === 0; ) state = await stateOf();
    await server.end('SIGKILL');
    await start();
    while ((await stateOf()).backfill) await new Promise(setImmediate);
    expect(await stateOf()).toEqual({ counts: { realized: people.length }, backfill: null });
    const all = await pull();
    expect(all).toHaveLength(people.length);
    expect(new Set(all.map(nameOf)).size).toBe(people.length);
  }, 120_000);
});
