import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChain } from './chain';
import { splitCpu } from './cpu-split';
import { batches, ecid, type Fields, measure, type Rate } from './ingest-load';
import { createAttributes, createPicker, createWorkload, toPql } from './rule-workload';

const HOUR_MS = 3_600_000;

/** How much is measured. */
export interface ChainSize {
  readonly profiles: number;
  readonly events: number;
  readonly rules: number;
}

/** Events on profiles with 31 attributes each, under rules of all kinds, until segments follow; written down as rows. */
export async function measureChain({ profiles, events, rules }: ChainSize): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const chain = await openChain(folder);
  for (const rule of createWorkload(rules)) await chain.publish(rule.id, toPql(rule));
  await chain.idle();
  const { toRecord, toEvent } = createItems(profiles, chain.clock.now());
  const seeded = await measure(batches(profiles, toRecord), chain.send('crm'), chain.caughtUp);
  row(`${profiles} new profiles, one record of 31 attributes each, ${rules} rules`, seeded);
  await chain.idle();
  // What the rules' keys hold at first is no measure of what goes on.
  await measure(batches(events / 4, toEvent), chain.send('web'), chain.caughtUp);
  const flipsBefore = await flipsOf(chain.store.log);
  const work = batches(events, toEvent);
  const run = () => measure(work, chain.send('web'), chain.caughtUp);
  const isSplit = process.env.BENCH_CPU !== undefined;
  const { result, split } = isSplit
    ? await splitCpu(run, process.env.BENCH_CPU_FILE)
    : { result: await run(), split: new Map<string, number>() };
  row(`**${events} events on ${profiles} profiles, ${rules} rules, until segments follow**`, result);
  const flips = (await flipsOf(chain.store.log)) - flipsBefore;
  console.log(`\n${(flips / events).toFixed(3)} memberships flip an event; ${memory()} MiB resident.`);
  if (isSplit) console.log('\n| main thread | µs an event |\n|---|---|');
  for (const [name, micros] of split)
    if (micros / events >= 0.05) console.log(`| ${name} | ${(micros / events).toFixed(1)} |`);
  await chain.close();
  rmSync(folder, { recursive: true });
}

function createItems(profiles: number, nowMs: number) {
  const pick = createPicker(7);
  let made = 0;
  return {
    toRecord: (number: number): Fields => ({
      ...createAttributes(pick),
      identityMap: { ECID: [{ id: ecid(number) }] },
    }),
    toEvent(): Fields {
      made += 1;
      const page = pick.below(5000);
      return {
        _id: `${Math.floor(pick.random() * 4294967296).toString(16)}-${made.toString(16)}`,
        timestamp: new Date(nowMs - HOUR_MS + made).toISOString(),
        eventType: `type${pick.below(20)}`,
        category: `c${pick.below(10)}`,
        identityMap: { ECID: [{ id: ecid(pick.below(profiles)) }] },
        web: { webPageDetails: { URL: `https://shop.example.test/p/${page}`, name: `Product ${page}` } },
        commerce: { order: { priceTotal: pick.below(997) / 10, currencyCode: 'EUR' } },
      };
    },
  };
}

async function flipsOf(log: { head(stream: string): Promise<readonly number[]> }): Promise<number> {
  return (await log.head('MembershipChanged')).reduce((a, b) => a + b, 0);
}

function row(name: string, { perSecond, cpuMicros }: Rate): void {
  console.log(`| ${name} | ${perSecond} | ${cpuMicros} |`);
}

function memory(): number {
  return Math.round(process.memoryUsage().rss / 1024 / 1024);
}
