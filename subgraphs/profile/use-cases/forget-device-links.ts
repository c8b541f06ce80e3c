import type { Store } from '../../../platform/store/store';
import { type DeviceLinkStore, deviceLinkRemovals } from '../store/device-link-store';
import type { JobHandler } from './jobs';

/** The kind of jobs that remove what is left of a deleted device graph. */
export const FORGET_LINKS_JOB = 'FORGET_LINKS';

/** The id of the job for what is kept under `linksId`. */
export function forgetLinksJobId(linksId: string): string {
  return `${FORGET_LINKS_JOB}|${linksId}`;
}

export interface ForgetLinksDependencies {
  readonly store: Store;
  readonly deviceLinks: DeviceLinkStore;
}

const PAGE = 500;

/** Removes the links of a deleted device graph. */
export function createForgetLinks({ store, deviceLinks }: ForgetLinksDependencies): JobHandler {
  return async (sandbox, { state, done }) => {
    const page = await deviceLinks.page(sandbox, String(state.linksId), PAGE);
    if (page.length > 0) await store.commit({ sandbox, writes: deviceLinkRemovals(page) });
    return { state, done: done + page.length, finished: page.length < PAGE };
  };
}
