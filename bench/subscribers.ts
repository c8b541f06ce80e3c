import { performance } from 'node:perf_hooks';
import type { Attune } from '../app/attune';
import { quantile, withAttune } from './attune-under-load';

const SUBSCRIBERS = 1_000;
const CHANGES = 200;
const PAUSE_MS = 25;
const SELECTIONS = {
  'cursor, person, segment, status':
    'subscription { segmentQualificationChanged(segments: ["seen"]) { cursor profileId segmentId status at } }',
  'the same, completed by the profile subgraph':
    'subscription { segmentQualificationChanged(segments: ["seen"]) { cursor status profile { id attributes } segment { name } } }',
} as const;
const MUTATION = 'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }';

/** How many have heard of a change, and when each did after it was accepted. */
interface Hearing {
  heard: number;
  readonly delays: number[];
  acceptedAt: number;
}

async function listen(stream: AsyncIterableIterator<unknown>, hearing: Hearing): Promise<void> {
  for await (const _ of stream) {
    hearing.heard += 1;
    hearing.delays.push(performance.now() - hearing.acceptedAt);
  }
}

/** One change after another, each heard by all of them. CPU is of the whole process, the change itself included. */
async function measure(
  attune: Attune,
  key: string,
  query: string,
  subscribers: number,
  idle = 0,
): Promise<readonly [string, number]> {
  const hearing: Hearing = { heard: 0, delays: [], acceptedAt: 0 };
  const count = subscribers + idle;
  const streams = await Promise.all(Array.from({ length: count }, () => attune.subscribe({ query, key })));
  const open = streams.filter((stream) => Symbol.asyncIterator in stream);
  const listening = open.slice(idle).map((stream) => listen(stream, hearing));
  // Who never reads asks for one, and leaves it.
  for (const stream of open.slice(0, idle)) void stream.next();
  const cpu = process.cpuUsage();
  for (let change = 1; change <= CHANGES; change += 1) {
    const id = `${count}-${idle}-${query.length}-${change}`;
    const event = { _id: id, timestamp: new Date().toISOString(), eventType: 'view' };
    const events = [{ ...event, identityMap: { CRMID: [{ id }] } }];
    hearing.acceptedAt = performance.now();
    const { errors } = await attune.execute({ query: MUTATION, variables: { events }, key });
    if (errors) throw new Error(JSON.stringify(errors));
    while (hearing.heard < change * subscribers) await new Promise(setImmediate);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const { user, system } = process.cpuUsage(cpu);
  for (const stream of open) await stream.return?.();
  await Promise.all(listening);
  const p95 = hearing.delays.length > 0 ? quantile(hearing.delays, 0.95).toFixed(1) : '';
  return [p95, (user + system) / CHANGES];
}

async function main(): Promise<void> {
  await withAttune(async (attune, key) => {
    const rule =
      'mutation { putSegment(input: { id: "seen", name: "Seen", rule: "xEvent.count() >= 1", publish: true }) { segment { id } } }';
    await attune.execute({ query: rule, key: attune.adminKey });
    await attune.idle();
    console.log(`| ${SUBSCRIBERS} subscribers to one change | p95 ms | CPU µs a subscriber |\n|---|---|---|`);
    for (const [name, query] of Object.entries(SELECTIONS)) {
      const [, alone] = await measure(attune, key, query, 0);
      const [p95, cpu] = await measure(attune, key, query, SUBSCRIBERS);
      console.log(`| ${name} | ${p95} | ${((cpu - alone) / SUBSCRIBERS).toFixed(1)} |`);
      const half = SUBSCRIBERS / 2;
      const [ofHalf, cpuOfHalf] = await measure(attune, key, query, half, half);
      console.log(`| – while half never read | ${ofHalf} | ${((cpuOfHalf - alone) / half).toFixed(1)} |`);
    }
  });
}

main();
