import type { Clock, Timer } from '../../../platform/clock';
import type { Log } from '../../../platform/log';
import type { DeviceLinkStore } from '../store/device-link-store';
import type { Pipeline } from './pipeline';
import type { Plan, Relinked } from './plan';
import type { Sweep } from './sweeps';

/** Links of device graphs that end by themselves (S-19). */
export interface LinkExpiry {
  /** Removes what is over, and sees to it that what ends next is removed on time. */
  readonly sweep: Sweep;
  /** Links were taken that may end sooner than others. */
  watch(sandbox: string): void;
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface LinkExpiryDependencies {
  readonly deviceLinks: DeviceLinkStore;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly log: Log;
}

const PAGE = 500;

/** They count no more from their instant on, whether they are removed or not; with that those are told whom they joined. */
export function createLinkExpiry(dependencies: LinkExpiryDependencies): LinkExpiry {
  const { deviceLinks, pipeline, clock, log } = dependencies;
  const timers = new Map<string, Timer>();
  const running = new Set<Promise<void>>();
  let closed = false;

  const sweep = async (sandbox: string): Promise<void> => {
    while (!closed && (await pipeline.perform(sandbox, () => planExpiry(dependencies, sandbox))));
    const nextMs = closed ? undefined : await deviceLinks.nextUntilMs(sandbox);
    timers.get(sandbox)?.cancel();
    if (nextMs !== undefined && !closed)
      timers.set(
        sandbox,
        clock.at(nextMs, () => run(sandbox)),
      );
  };
  const run = (sandbox: string): void => {
    const work = sweep(sandbox)
      .catch((error: unknown) => log.error({ err: error }, 'links that are over are removed with the next sweep'))
      .finally(() => running.delete(work));
    running.add(work);
  };
  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running);
  };
  return {
    sweep,
    watch: run,
    idle,
    async close() {
      closed = true;
      for (const timer of timers.values()) timer.cancel();
      await idle();
    },
  };
}

/** The result tells whether there may be more. */
async function planExpiry({ deviceLinks, clock }: LinkExpiryDependencies, sandbox: string): Promise<Plan<boolean>> {
  const nowMs = clock.now();
  const page = await deviceLinks.over(sandbox, nowMs, PAGE);
  const relinked = page.map((document): Relinked => {
    const { linksId, keys } = deviceLinks.endsOver(document, nowMs);
    return { linksId, keys, cause: { kind: 'EXPIRY', reference: new Date(nowMs).toISOString() } };
  });
  const writes = page.map((document) => deviceLinks.withoutOver(document, nowMs));
  return { writes, entries: [], changed: [], relinked, result: page.length > 0 };
}
