import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUlids } from '../platform/ids';
import { scatteredEcid, seedPeople } from './backfill-people';
import { openChain } from './chain';
import { splitCpu } from './cpu-split';
import { createPicker } from './rule-workload';

const PEOPLE = Number(process.env.BENCH_PEOPLE ?? 100_000);
const LIVE_EVERY_MS = 5;

type Chain = Awaited<ReturnType<typeof openChain>>;

const RULES = {
  'a rule over attributes': 'n1 > 80 and t1 in ["v1", "v2", "v3"]',
  'a rule over events in a window':
    'xEvent[eventType = "type1" and timestamp occurs < 30 days before now].count() >= 2',
} as const;

/** People as they are kept, ten segments, and no announcement that led there: all are met as after a restart. */
async function seed(chain: Chain): Promise<void> {
  await seedPeople(chain.store, PEOPLE, chain.clock.now(), createUlids().next);
  for (let index = 0; index < 10; index += 1) {
    await chain.publish(`old${index}`, `n${index % 4} > ${90 + index} and t${index % 4} = "v1"`);
  }
  await chain.idle();
}

/** Someone does something and is then asked for, again and again, until told to stop; answers with the waits in ms. */
function startLive(chain: Chain): () => Promise<readonly number[]> {
  const pick = createPicker(Math.round(chain.clock.now() % 1_000_000));
  const waits: number[] = [];
  let isOver = false;
  const once = async (number: number): Promise<void> => {
    const value = scatteredEcid(pick.below(PEOPLE));
    const start = performance.now();
    const identityMap = { ECID: [{ id: value }] };
    const item = {
      _id: `live${start}-${number}`,
      timestamp: new Date(chain.clock.now()).toISOString(),
      eventType: 'type1',
    };
    await chain.send('web')([{ ...item, identityMap }]);
    const found = await chain.profile.reader.find('default', { namespace: 'ECID', value });
    if (found) await chain.segments.reader.realized('default', [found], chain.clock.now());
    waits.push(performance.now() - start);
  };
  const pending = new Set<Promise<void>>();
  const run = async (): Promise<void> => {
    for (let number = 0; !isOver; number += 1) {
      const one = once(number).finally(() => pending.delete(one));
      pending.add(one);
      await new Promise((resolve) => setTimeout(resolve, LIVE_EVERY_MS));
    }
    await Promise.all(pending);
  };
  const running = run();
  return async () => {
    isOver = true;
    await running;
    return waits;
  };
}

function percentile(waits: readonly number[], share: number): string {
  const sorted = waits.toSorted((a, b) => a - b);
  return (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
}

async function backfill(chain: Chain, name: string, rule: string, isLive: boolean): Promise<void> {
  const id = `new-${Math.round(performance.now())}`;
  const stop = isLive ? startLive(chain) : async () => [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  await chain.publish(id, rule);
  await chain.segments.idle();
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const waits = await stop();
  const members = await chain.segments.reader.members('default', id, { limit: 10_000_000 });
  const live = waits.length > 0 ? `${percentile(waits, 0.5)} / ${percentile(waits, 0.99)}` : '';
  const micros = ((user + system) / PEOPLE).toFixed(1);
  console.log(`| ${name} | ${PEOPLE} | ${seconds.toFixed(1)} | ${micros} | ${members.length} | ${live} |`);
}

async function main(): Promise<void> {
  const kept = process.env.BENCH_FOLDER;
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const isNew = !existsSync(join(folder, 'attune.sqlite'));
  const chain = await openChain(folder);
  if (isNew) await seed(chain);
  console.log('| | people | s | CPU µs a person | members | live p50 / p99 ms |\n|---|---|---|---|---|---|');
  const stop = startLive(chain);
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const waits = await stop();
  console.log(`| nothing | | | | | ${percentile(waits, 0.5)} / ${percentile(waits, 0.99)} |`);
  for (const [name, rule] of Object.entries(RULES)) {
    if (process.env.BENCH_CPU_FILE) {
      await splitCpu(
        () => backfill(chain, name, rule, false),
        `${process.env.BENCH_CPU_FILE}-${name.split(' ').at(-1)}`,
      );
    } else {
      await backfill(chain, name, rule, false);
      await backfill(chain, `${name}, live`, rule, true);
    }
  }
  await chain.close();
  if (!kept) rmSync(folder, { recursive: true });
}

main();
