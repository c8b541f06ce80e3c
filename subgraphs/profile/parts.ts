import { randomBytes } from 'node:crypto';
import { followForgotten } from '../../flow/forgetting';
import type { MergePolicyUsers, PrivacyHolder } from '../../flow/ports';
import type { Platform } from '../../platform/platform';
import type { Store } from '../../platform/store/store';
import { createStoreAhead } from '../../platform/store/store-ahead';
import type { UnknownConsents } from './domain/consents';
import type { RandomBytes } from './domain/ecid';
import { DEFAULT_LIMITS, type Limits } from './domain/limits';
import { createBatchStore } from './store/batch-store';
import { createComputedStore } from './store/computed-store';
import { createDeviceLinkStore } from './store/device-link-store';
import { createEventStore } from './store/event-store';
import { createFailedItemStore } from './store/failed-item-store';
import { createFragmentStore } from './store/fragment-store';
import { createHistoryStore } from './store/history-store';
import { createItemStore } from './store/item-store';
import { createJobStore } from './store/job-store';
import { createPeopleAhead } from './store/people-ahead';
import { createPeopleStore } from './store/people-store';
import { createPrivacyDocumentStore } from './store/privacy-document-store';
import { createProfileConfiguration } from './store/profile-configuration';
import { createTombstoneStore } from './store/tombstone-store';
import { createTraceStore } from './store/trace-store';
import { createAccess } from './use-cases/access';
import { createBatchMoves } from './use-cases/batch-moves';
import { BATCH_JOB, createBatches } from './use-cases/batches';
import { createCommitPlan } from './use-cases/commit-plan';
import { createExpireAnonymous } from './use-cases/expire-anonymous';
import { createLinkExpiry } from './use-cases/expire-device-links';
import { createExtendPlan } from './use-cases/extend-plan';
import { PRIVACY_JOB } from './use-cases/find-privacy-jobs';
import { createForgetLinks, FORGET_LINKS_JOB } from './use-cases/forget-device-links';
import { createForgetRequests } from './use-cases/forget-requests';
import { createIngestItems } from './use-cases/ingest';
import { createJobs } from './use-cases/jobs';
import { createKeepEventLimit } from './use-cases/keep-event-limit';
import { createMergedViews } from './use-cases/merge-view';
import { createPipeline, type Pipeline } from './use-cases/pipeline';
import { createPlanItems } from './use-cases/plan-items';
import { createPrivacyJobs } from './use-cases/privacy-jobs';
import { createProfileReads } from './use-cases/read-profiles';
import { createRebuildPeople, createSwitchDataset, REBUILD_JOB, SWITCH_JOB } from './use-cases/rebuild-people';
import { COMPUTE_JOB, createAnnounceMerged, createBackfillComputed, MERGE_JOB } from './use-cases/refresh-people';
import { createRetainEvents } from './use-cases/retain-events';
import { createRunPrivacyJob } from './use-cases/run-privacy-job';
import { createSweeps } from './use-cases/sweeps';
import { createViews } from './use-cases/view-people';

/** How profiles are kept. */
export interface ProfileOptions {
  /** The IANA zone in which days, weeks and months are counted; default UTC. */
  readonly timeZone?: string;
  /** With it, a person's identity sent with a public key needs its proof. */
  readonly identitySecret?: string;
  /** What differs from the default limits (P-4). */
  readonly limits?: Partial<Limits>;
  /** What silence about a purpose counts as, where it is not the usual (P-18). */
  readonly unknownConsents?: UnknownConsents;
  /** The sandboxes whose open work is taken up by `start`; default: `default`. */
  readonly sandboxes?: readonly string[];
  /** What the other subgraphs hold about people, for privacy jobs; asked when a job runs. */
  readonly privacy?: () => readonly PrivacyHolder[];
  /** Who may name a merge policy; asked when one is to be deleted. */
  readonly policyUsers?: () => readonly MergePolicyUsers[];
  /** Where new ECIDs come from; default: the machine's cryptographic source. */
  readonly random?: RandomBytes;
}

export type Parts = ReturnType<typeof createParts>;

/** Everything that the subgraph's doors stand on. */
export function createParts(platform: Platform, options: ProfileOptions) {
  const base = createStores(platform, options);
  const { store, clock, ids, log, limits, people, events, configuration } = base;
  const most = limits.eventsPerProfile;
  const keepEventLimit = createKeepEventLimit({ events, clock, ids, log, most, pipeline: () => pipeline });
  const ahead = createStoreAhead(store);
  const peopleAhead = createPeopleAhead(people, store.exclusive);
  const deciding = { ...base, ...itemsOfPeople(ahead.store), people: peopleAhead.people };
  const extend = createExtendPlan(deciding);
  const onCommitted: typeof keepEventLimit.watch = (sandbox, changed) => {
    keepEventLimit.watch(sandbox, changed);
    merged.committed(sandbox, changed);
  };
  const commit = createCommitPlan({ ahead, people, peopleAhead, extend, onCommitted });
  const planItems = createPlanItems(deciding);
  const pipeline: Pipeline = createPipeline(planItems, commit);
  const moves = createBatchMoves({ ...base, planItems, pipeline });
  const intake = createIngestItems({ ...base, pipeline, moves });
  const reads = createProfileReads({ ...base, moves });
  const merged = createMergedViews({ ...base, reads });
  const views = createViews({ ...base, reads });
  const forgetting = followForgotten(base, merged.forget);
  const access = createAccess({ reads, views, configuration }, options.identitySecret);
  const holders = options.privacy ?? (() => []);
  const handlers = {
    [COMPUTE_JOB]: createBackfillComputed({ ...base, reads, pipeline }),
    [MERGE_JOB]: createAnnounceMerged({ ...base, reads, pipeline }),
    [REBUILD_JOB]: createRebuildPeople({ ...base, reads, pipeline }),
    [SWITCH_JOB]: createSwitchDataset({ ...base, reads, pipeline }),
    [BATCH_JOB]: moves.handler,
    [FORGET_LINKS_JOB]: createForgetLinks(base),
    [PRIVACY_JOB]: createRunPrivacyJob({ ...base, reads, pipeline, holders }),
  };
  const jobs = createJobs({ jobs: base.jobStore, handlers, clock, log, alone: store.exclusive });
  const batchVerbs = createBatches({ ...base, items: intake, pipeline, jobs });
  const privacyJobs = createPrivacyJobs({ ...base, jobs, reads, holders });
  const linkExpiry = createLinkExpiry({ ...base, pipeline });
  const sweeps = createSweeps(
    [
      { everyMs: HOUR_MS, sweep: createExpireAnonymous({ ...base, pipeline }) },
      { everyMs: HOUR_MS, sweep: createForgetRequests(base) },
      // Another process may have taken links that end sooner than those known here.
      { everyMs: store.exclusive ? HOUR_MS : MINUTE_MS, sweep: linkExpiry.sweep },
      { everyMs: 6 * HOUR_MS, sweep: createRetainEvents({ ...base, pipeline }) },
      // Another process may have left a job behind.
      ...(store.exclusive ? [] : [{ everyMs: MINUTE_MS, sweep: jobs.resume }]),
    ],
    { clock, log },
  );
  return {
    ...base,
    pipeline,
    moves,
    intake,
    reads,
    merged,
    views,
    forgetting,
    access,
    keepEventLimit,
    jobs,
    batchVerbs,
    privacyJobs,
    linkExpiry,
    sweeps,
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function createStores({ store, clock, ids, log }: Platform, options: ProfileOptions) {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const timeZone = options.timeZone ?? 'UTC';
  return {
    clock,
    ids,
    log,
    limits,
    unknownConsents: options.unknownConsents ?? {},
    random: options.random ?? randomBytes,
    people: createPeopleStore(store),
    ...itemsOfPeople(store),
    configuration: createProfileConfiguration(store, { timeZone, maxRows: limits.eventsPerProfile }),
    items: createItemStore(store),
    failed: createFailedItemStore(store),
    history: createHistoryStore(store),
    batches: createBatchStore(store),
    jobStore: createJobStore(store),
    tombstones: createTombstoneStore(store),
    traces: createTraceStore(store),
    documents: createPrivacyDocumentStore(store),
    deviceLinks: createDeviceLinkStore(store),
  };
}

// What deciding about people reads beside them.
function itemsOfPeople(store: Store) {
  return {
    store,
    fragments: createFragmentStore(store),
    events: createEventStore(store),
    computed: createComputedStore(store),
  };
}
