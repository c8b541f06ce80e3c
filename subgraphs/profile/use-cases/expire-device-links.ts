import type { Clock } from '../../../platform/clock';
import type { Log } from '../../../platform/log';
import { createTimedWork } from '../../../platform/timed-work';
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

const EXPIRY = 'expiry';
const PAGE = 500;
const AFTER_FAILURE_MS = 60_000;

/** They count no more from their instant on, whether they are removed or not; with that those are told whom they joined. */
export function createLinkExpiry(dependencies: LinkExpiryDependencies): LinkExpiry {
  const { deviceLinks, pipeline, clock, log } = dependencies;
  const work = async (sandbox: string): Promise<void> => {
    while (!timed.isClosed() && (await pipeline.perform(sandbox, () => planExpiry(dependencies, sandbox))));
    const nextMs = await deviceLinks.nextUntilMs(sandbox);
    if (nextMs !== undefined) timed.runAt(sandbox, EXPIRY, nextMs);
  };
  const timed = createTimedWork({
    work,
    clock,
    log,
    retryAfterMs: AFTER_FAILURE_MS,
    failure: 'links that are over could not be removed; trying again',
  });
  return {
    sweep: (sandbox) => timed.runAgain(sandbox, EXPIRY),
    watch: (sandbox) => void timed.runAgain(sandbox, EXPIRY),
    idle: timed.idle,
    close: timed.close,
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
