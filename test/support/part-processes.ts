import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PARTS, type Part } from '../../app/config';
import type { PlainKeys } from '../../app/keys';
import type { PartChild } from './part-child';
import type { PartOrder, PartStart } from './part-entry';
import { createPartPool, type PartPool } from './part-pool';

/** Gateway and subgraphs as five processes over one MongoDB. */
export interface Processes {
  /** The gateway's address. */
  readonly url: string;
  moveTo(atMs: number): Promise<void>;
  idle(): Promise<void>;
  /** Sends a signal to one of them: SIGKILL ends it, SIGSTOP lets it hang, SIGCONT lets it go on. */
  signal(part: Part, name: NodeJS.Signals): Promise<void>;
  close(): Promise<void>;
}

/** Starts all five with clocks that stand still at `nowMs`. */
export async function openProcesses(options: {
  readonly mongodbUri: string;
  readonly nowMs: number;
  readonly keys: PlainKeys;
}): Promise<Processes> {
  const ports = Object.fromEntries(await Promise.all(PARTS.map(async (part) => [part, await findFreePort()] as const)));
  const urls = Object.fromEntries(PARTS.map((part) => [part, `http://127.0.0.1:${ports[part]}`])) as Record<
    Part,
    string
  >;
  const children = new Map<Part, PartChild>();
  const pool = partPool();
  const behind = PARTS.filter((part) => part !== 'gateway');
  // Ended by a signal, or stopped: they are told nothing.
  const silent = new Set<Part>();
  const tell = async (part: Part, order: PartOrder): Promise<void> => {
    if (!silent.has(part)) await children.get(part)?.tell(order);
  };
  const start = async (part: Part): Promise<void> => {
    const child = pool.take();
    children.set(part, child);
    await child.tell({ ...options, kind: 'start', part, urls, port: Number(ports[part]) } satisfies PartStart);
  };
  await Promise.all(PARTS.map(start));
  // In the order in which one thing leads to another.
  const idle = async (): Promise<void> => {
    for (const part of behind) await tell(part, { kind: 'idle' });
  };
  return {
    url: urls.gateway,
    async moveTo(atMs) {
      await Promise.all(PARTS.map((part) => tell(part, { kind: 'move', atMs })));
      await idle();
    },
    idle,
    async signal(part, name) {
      if (name === 'SIGCONT') silent.delete(part);
      else silent.add(part);
      await children.get(part)?.signal(name);
    },
    async close() {
      for (const part of ['gateway', ...behind] as const) {
        const child = children.get(part);
        await tell(part, { kind: 'stop' });
        if (silent.has(part)) await child?.signal('SIGKILL');
        else if (child) pool.giveBack(child);
      }
    },
  };
}

/** The worker's pool: see `environment.ts`. */
function partPool(): PartPool {
  return (globalThis as { attunePartPool?: PartPool }).attunePartPool ?? createPartPool();
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
