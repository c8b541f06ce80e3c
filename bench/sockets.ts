import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { WebSocketServer } from 'ws';
import type { Attune } from '../app/attune';
import { quantile, withAttune } from './attune-under-load';
import { type Audience, openAudience } from './audience';

const SUBSCRIBERS = 1_000;
const ROUNDS = 6;
const CHANGES = 40;
const PAUSE_MS = 25;
const QUERY =
  'subscription { segmentQualificationChanged(segments: ["seen"]) { cursor status profile { id attributes } segment { name } } }';
const MUTATION = 'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }';
const RULE =
  'mutation { putSegment(input: { id: "seen", name: "Seen", rule: "xEvent.count() >= 1", publish: true }) { segment { id } } }';

/** What was measured of one way of telling: CPU of this process in µs, and when each heard after it was told. */
interface Telling {
  cpuMicros: number;
  readonly delays: number[];
}

const nowMs = (): number => performance.timeOrigin + performance.now();

/** Tells something to all, again and again, each time when the last of them has heard it. */
async function tellAll(telling: Telling, audience: Audience | undefined, tell: () => unknown): Promise<void> {
  const before = process.cpuUsage();
  for (let change = 0; change < CHANGES; change += 1) {
    const startMs = nowMs();
    const heard = audience?.nextHeard();
    await tell();
    for (const time of (await heard) ?? []) telling.delays.push(time - startMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const { user, system } = process.cpuUsage(before);
  telling.cpuMicros += user + system;
}

function createChanging(attune: Attune, key: string): () => Promise<void> {
  let count = 0;
  return async () => {
    count += 1;
    const id = `p${count}`;
    const event = { _id: id, timestamp: new Date().toISOString(), eventType: 'view', identityMap: { CRMID: [{ id }] } };
    const { errors } = await attune.execute({ query: MUTATION, variables: { events: [event] }, key });
    if (errors) throw new Error(JSON.stringify(errors));
  };
}

async function openBare(): Promise<WebSocketServer> {
  const bare = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(bare, 'listening');
  return bare;
}

async function main(): Promise<void> {
  await withAttune(async (attune, key) => {
    await attune.execute({ query: RULE, key: attune.adminKey });
    await attune.idle();
    const change = createChanging(attune, key);
    const [alone, ours, theirs] = [0, 0, 0].map((): Telling => ({ cpuMicros: 0, delays: [] })) as [
      Telling,
      Telling,
      Telling,
    ];
    for (let round = 0; round < ROUNDS; round += 1) await tellAll(alone, undefined, change);
    const { url } = await attune.listen(0);
    const init = JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
    const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } });
    const subscribers = await openAudience(`${url.replace('http', 'ws')}/graphql`, SUBSCRIBERS, [init, subscribe]);
    await tellAll({ cpuMicros: 0, delays: [] }, subscribers, change);
    const message = await subscribers.last();
    const bare = await openBare();
    const { port } = bare.address() as AddressInfo;
    const crowd = await openAudience(`ws://127.0.0.1:${port}`, SUBSCRIBERS, []);
    const broadcast = (): void => {
      for (const client of bare.clients) client.send(message);
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await tellAll(ours, subscribers, change);
      await tellAll(theirs, crowd, broadcast);
    }
    report(alone, ours, theirs, message.length);
    crowd.close();
    subscribers.close();
    for (const client of bare.clients) client.terminate();
    bare.close();
  });
}

function report(alone: Telling, ours: Telling, theirs: Telling, characters: number): void {
  const each = (cpuMicros: number): number => cpuMicros / (ROUNDS * CHANGES * SUBSCRIBERS);
  const p95 = ({ delays }: Telling): string => quantile(delays, 0.95).toFixed(1);
  const [own, bare] = [each(ours.cpuMicros - alone.cpuMicros), each(theirs.cpuMicros)];
  console.log(
    `| ${SUBSCRIBERS} sockets, ${characters} characters | p95 ms | CPU µs a socket | × bare |\n|---|---|---|---|`,
  );
  console.log(`| a change, over graphql-ws | ${p95(ours)} | ${own.toFixed(1)} | ${(own / bare).toFixed(2)} |`);
  console.log(`| bare ws, the same text to each | ${p95(theirs)} | ${bare.toFixed(1)} | 1 |`);
}

main();
