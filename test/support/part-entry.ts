import type { Part } from '../../app/config';
import { servePart } from '../../app/distributed';
import { createGatewayPart } from '../../app/gateway-part';
import { hashKeys, type PlainKeys } from '../../app/keys';
import { openStore } from '../../app/store';
import { createUlids } from '../../platform/ids';
import { createLog } from '../../platform/log';
import { createMetrics } from '../../platform/metrics';
import { createManualClock, type ManualClock } from './manual-clock';

/** What the tests tell a part. */
export interface PartStart {
  readonly kind: 'start';
  readonly part: Part;
  readonly urls: Readonly<Record<Part, string>>;
  readonly port: number;
  readonly mongodbUri: string;
  readonly nowMs: number;
  readonly keys: PlainKeys;
}
export type PartOrder =
  | PartStart
  | { readonly kind: 'idle' | 'stop' }
  | { readonly kind: 'move'; readonly atMs: number };
export interface PartReply {
  readonly id: number;
  readonly error?: string;
}

const SECRET = 'the secret that the parts of the tests share';
const WEEK_MS = 604_800_000;

/** What this process serves now. */
interface Served {
  readonly clock: ManualClock;
  idle(): Promise<void>;
  close(): Promise<void>;
}

let served: Served | undefined;

process.on('message', ({ id, order }: { id: number; order: PartOrder }) => {
  carryOut(order).then(
    () => process.send?.({ id }),
    (error: Error) => process.send?.({ id, error: `${error.stack}` }),
  );
});
process.on('disconnect', () => process.exit(1));

async function carryOut(order: PartOrder): Promise<void> {
  if (order.kind === 'start') served = await start(order);
  else if (order.kind === 'idle') await served?.idle();
  else if (order.kind === 'move') served?.clock.moveTo(order.atMs);
  else await served?.close();
}

async function start({ part, urls, port, mongodbUri, nowMs, keys }: PartStart): Promise<Served> {
  const clock = createManualClock(nowMs);
  const parts = { clock, ids: createUlids(), log: createLog('error'), metrics: createMetrics() };
  const hashed = hashKeys(keys);
  const host = '127.0.0.1';
  if (part === 'gateway') {
    const gateway = await createGatewayPart({ platform: parts, urls, secret: SECRET, keys: hashed });
    await gateway.listen(port, host);
    return { clock, idle: async () => {}, close: gateway.close };
  }
  const store = await openStore({ kind: 'mongodb', uri: mongodbUri }, clock, parts.log);
  const subgraph = await servePart(part, {
    platform: { ...parts, store },
    urls,
    secret: SECRET,
    keys: hashed.filter(({ scope }) => scope === 'admin'),
    port,
    host,
    timeZone: 'UTC',
    keepLogMs: WEEK_MS,
  });
  return {
    clock,
    idle: subgraph.idle,
    async close() {
      await subgraph.close();
      await store.close();
    },
  };
}
