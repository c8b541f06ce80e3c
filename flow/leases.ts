import type { Clock, Timer } from '../platform/clock';
import { isAppError } from '../platform/errors';
import type { Log } from '../platform/log';
import type { Collection, CollectionSpec, Store, Stored, Write } from '../platform/store/store';
import { DISPATCH_SANDBOX } from './offsets';

/** Who handles which lane, and who is there to handle any: documents with an end that their holder moves on. */
export const dispatchLeases: CollectionSpec = {
  name: 'dispatch_leases',
  indexes: [{ name: 'subgraph', fields: ['subgraph', 'kind'] }],
};

interface Lease {
  readonly subgraph: string;
  readonly kind: 'holder' | 'lane';
  readonly lane?: string;
  readonly holder: string;
  readonly expiresAtMs: number;
}

/** Shares the lanes of one subgraph out between processes. */
export interface Leases {
  start(): void;
  /** Resolves when the lanes were shared out for the first time. */
  ready(): Promise<void>;
  /** Gives all lanes back after stopping them. */
  close(): Promise<void>;
}

/** What the leases move. */
export interface LeaseOptions {
  readonly store: Store;
  /** Whether a process is alive is a matter of real time, whatever time its work is about. */
  readonly clock: Clock;
  readonly log: Log;
  readonly subgraph: string;
  readonly holder: string;
  readonly lanes: readonly string[];
  readonly onHeld: (lane: string) => void;
  /** Resolves when the lane has stopped. */
  readonly onReleased: (lane: string) => Promise<void>;
}

// A process that died is replaced after this long.
const LEASE_MS = 10_000;
const RENEW_MS = LEASE_MS / 4;

/** Holds nothing until started. Every holder takes an equal share of the lanes; one that is gone loses its own. */
export function createLeases(options: LeaseOptions): Leases {
  const { store, clock, subgraph, holder, lanes } = options;
  const leases: Collection<Lease> = store.collection(dispatchLeases.name);
  const held = new Map<string, number>();
  let timer: Timer | undefined;
  let round: Promise<void> = Promise.resolve();
  let closed = false;

  const commit = (write: Write): Promise<boolean> =>
    store.commit({ sandbox: DISPATCH_SANDBOX, writes: [write] }).then(
      () => true,
      (error) => {
        if (isAppError(error, 'CONFLICT')) return false;
        throw error;
      },
    );
  const toPut = (id: string, lease: Pick<Lease, 'kind' | 'lane'>, expected?: number | null): Write => ({
    kind: 'put',
    collection: dispatchLeases.name,
    id,
    value: { ...lease, subgraph, holder, expiresAtMs: clock.now() + LEASE_MS } satisfies Lease,
    ...(expected === undefined ? {} : { expected }),
  });
  const list = (kind: Lease['kind']): Promise<readonly Stored<Lease>[]> =>
    leases.range(DISPATCH_SANDBOX, { index: 'subgraph', prefix: [subgraph, kind], limit: 10_000 });

  const forget = async ({ id, version }: Stored<Lease>): Promise<void> => {
    await commit({ kind: 'delete', collection: dispatchLeases.name, id, expected: version });
  };
  const fairShare = async (): Promise<number> => {
    await commit(toPut(holderId(subgraph, holder), { kind: 'holder' }));
    const all = await list('holder');
    const gone = all.filter(({ value }) => value.expiresAtMs <= clock.now());
    await Promise.all(gone.map(forget));
    return Math.ceil(lanes.length / Math.max(1, all.length - gone.length));
  };
  const release = async (lane: string): Promise<void> => {
    held.delete(lane);
    await options.onReleased(lane);
  };
  const giveBack = async (lane: string, version: number | undefined): Promise<void> => {
    await release(lane);
    if (version !== undefined) {
      await commit({ kind: 'delete', collection: dispatchLeases.name, id: lane, expected: version });
    }
  };
  const take = async (lane: string, current: Stored<Lease> | undefined): Promise<void> => {
    const mine = current?.value.holder === holder;
    if (current && !mine && current.value.expiresAtMs > clock.now()) {
      if (held.has(lane)) await release(lane);
      return;
    }
    const taken = await commit(toPut(lane, { kind: 'lane', lane }, current?.version ?? null));
    if (!taken) return held.has(lane) ? release(lane) : undefined;
    held.set(lane, clock.now() + LEASE_MS);
    options.onHeld(lane);
  };

  const share = async (): Promise<void> => {
    const most = await fairShare();
    const current = new Map((await list('lane')).map((lease) => [lease.id, lease]));
    const kept = [...held.keys()].slice(0, most);
    await Promise.all([...held.keys()].slice(most).map((lane) => giveBack(lane, current.get(lane)?.version)));
    const others = lanes.filter((lane) => !kept.includes(lane) && isFree(current.get(lane), clock.now()));
    const wanted = [...kept, ...others.slice(0, most - kept.length)];
    await Promise.all(wanted.map((lane) => take(lane, current.get(lane))));
  };
  const giveAllBack = async (): Promise<void> => {
    const own = (await list('lane')).filter(({ value }) => value.holder === holder);
    await Promise.all(own.map(forget));
    await commit({ kind: 'delete', collection: dispatchLeases.name, id: holderId(subgraph, holder) });
  };
  const dropExpired = async (): Promise<void> => {
    for (const [lane, expiresAtMs] of held) if (expiresAtMs <= clock.now()) await release(lane);
  };
  const tick = async (): Promise<void> => {
    try {
      await share();
    } catch (error) {
      options.log.warn({ subgraph, error: String(error) }, 'leases were not renewed');
      await dropExpired();
    }
    if (!closed) timer = clock.at(clock.now() + RENEW_MS, beginRound);
  };
  const beginRound = (): void => {
    round = tick();
  };

  return {
    start: beginRound,
    ready: () => round,
    async close() {
      closed = true;
      timer?.cancel();
      await round;
      timer?.cancel();
      await Promise.all([...held.keys()].map(release));
      await giveAllBack().catch((error) => options.log.warn({ subgraph, error: String(error) }, 'leases end by time'));
    },
  };
}

function isFree(lease: Stored<Lease> | undefined, nowMs: number): boolean {
  return !lease || lease.value.expiresAtMs <= nowMs;
}

function holderId(subgraph: string, holder: string): string {
  return `${subgraph}|holder|${holder}`;
}
