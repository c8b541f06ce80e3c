import { randomBytes } from 'node:crypto';
import type { Ingestion, ProfileReader } from '../../flow/ports';
import type { ReactionsOf } from '../../flow/reactions';
import { createSubgraphSchema, type SubgraphSchema } from '../../platform/graphql/subgraph-schema';
import type { Route } from '../../platform/http/route';
import type { Platform } from '../../platform/platform';
import type { RandomBytes } from './domain/ecid';
import { DEFAULT_LIMITS, type Limits } from './domain/limits';
import { createIngestRoute } from './http/ingest.route';
import { CollectResolver } from './schema/collect.resolver';
import { ComputedAttributeResolver } from './schema/computed-attribute.resolver';
import { createConfigurationResolvers } from './schema/configuration.resolvers';
import { IdentityGraphResolver } from './schema/identity-graph.resolver';
import { IngestResolver } from './schema/ingest.resolver';
import { createProfileReference } from './schema/profile.reference';
import { ProfileResolver } from './schema/profile.resolver';
import { ProfileFieldsResolver } from './schema/profile-fields.resolver';
import { createComputedStore } from './store/computed-store';
import { createEventStore } from './store/event-store';
import { createFailedItemStore } from './store/failed-item-store';
import { createFragmentStore } from './store/fragment-store';
import { createHistoryStore } from './store/history-store';
import { createJobStore } from './store/job-store';
import { createPeopleStore } from './store/people-store';
import { createProfileConfiguration } from './store/profile-configuration';
import { createAccess } from './use-cases/access';
import { COMPUTE_JOB, createBackfillComputed } from './use-cases/backfill-computed';
import { createCollect } from './use-cases/collect';
import { createCommitPlan } from './use-cases/commit-plan';
import { createIngestItems } from './use-cases/ingest';
import { createJobs } from './use-cases/jobs';
import { createKeepEventLimit } from './use-cases/keep-event-limit';
import { createPipeline, type Pipeline } from './use-cases/pipeline';
import { createPlanItems } from './use-cases/plan-items';
import { createProfileReader, createProfileReads } from './use-cases/read-profiles';
import { createReplayFailedItems } from './use-cases/replay-failed-items';
import { createRowIntake } from './use-cases/row-intake';
import { createDefinitionUseCases } from './use-cases/save-definition';
import { createSetConsent } from './use-cases/set-consent';
import { createSimulateIdentityGraph } from './use-cases/simulate';
import { createUnlinkIdentity } from './use-cases/unlink-identity';

export { profileCollections } from './store/collections';

/** How profiles are kept. */
export interface ProfileOptions {
  /** The IANA zone in which days, weeks and months are counted; default UTC. */
  readonly timeZone?: string;
  /** With it, a person's identity sent with a public key needs its proof. */
  readonly identitySecret?: string;
  /** What differs from the default limits (P-4). */
  readonly limits?: Partial<Limits>;
  /** The sandboxes whose open work is taken up by `start`; default: `default`. */
  readonly sandboxes?: readonly string[];
  /** Where new ECIDs come from; default: the machine's cryptographic source. */
  readonly random?: RandomBytes;
}

/** People: who they are, what they did, and all that comes in about them. */
export interface ProfileSubgraph extends SubgraphSchema {
  readonly name: 'profile';
  readonly reactions: ReactionsOf<'profile'>;
  readonly reader: ProfileReader;
  readonly ingestion: Ingestion;
  readonly routes: readonly Route[];
  start(): void;
  /** Resolves when all work that is due now is done. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** The profile subgraph. */
export function createProfileSubgraph(platform: Platform, options: ProfileOptions = {}): ProfileSubgraph {
  const parts = createParts(platform, options);
  const { configuration, reads, access, items } = parts;
  const { schema, sdl } = createSubgraphSchema({
    resolvers: [
      new ProfileResolver(reads, configuration, access, createSetConsent(parts)),
      new ProfileFieldsResolver(reads, configuration, parts.history),
      new IdentityGraphResolver(createSimulateIdentityGraph(parts), createUnlinkIdentity(parts)),
      new IngestResolver(items, parts.failed, createReplayFailedItems(parts), reads),
      new CollectResolver(createCollect(parts), access, reads, configuration),
      new ComputedAttributeResolver(parts.jobStore),
      ...createConfigurationResolvers(
        createDefinitionUseCases(configuration, { clock: platform.clock, run: parts.jobs.run }),
      ),
    ],
    references: { Profile: createProfileReference(reads) },
  });
  return {
    name: 'profile',
    schema,
    sdl,
    reactions: {},
    reader: createProfileReader(reads, parts),
    ingestion: { ingest: (sandbox, dataset, bodies, nowMs) => items.ingest({ sandbox, dataset, bodies, nowMs }) },
    routes: [createIngestRoute(createRowIntake(parts))],
    ...createBackground(platform, options, parts),
  };
}

function createBackground({ log }: Platform, { sandboxes = ['default'] }: ProfileOptions, parts: Parts) {
  const { pipeline, keepEventLimit, jobs } = parts;
  let resuming: Promise<unknown> = Promise.resolve();
  return {
    start() {
      resuming = Promise.all(sandboxes.map(jobs.resume)).catch((error: unknown) =>
        log.error({ err: error }, 'the jobs of the profile subgraph could not be taken up'),
      );
    },
    async idle() {
      await resuming;
      await jobs.idle();
      await pipeline.idle();
      await keepEventLimit.idle();
    },
    async close() {
      await resuming;
      await jobs.close();
      await keepEventLimit.idle();
      await pipeline.idle();
    },
  };
}

type Parts = ReturnType<typeof createParts>;

function createParts({ store, clock, ids, log }: Platform, options: ProfileOptions) {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const random = options.random ?? randomBytes;
  const timeZone = options.timeZone ?? 'UTC';
  const configuration = createProfileConfiguration(store, { timeZone, maxRows: limits.eventsPerProfile });
  const people = createPeopleStore(store);
  const fragments = createFragmentStore(store);
  const events = createEventStore(store);
  const failed = createFailedItemStore(store);
  const history = createHistoryStore(store);
  const computed = createComputedStore(store);
  const jobStore = createJobStore(store);
  const base = {
    store,
    clock,
    ids,
    limits,
    random,
    configuration,
    people,
    fragments,
    events,
    failed,
    history,
    computed,
    jobStore,
  };
  const keepEventLimit = createKeepEventLimit({
    ...base,
    log,
    most: limits.eventsPerProfile,
    pipeline: () => pipeline,
  });
  const commit = createCommitPlan({ store, people, onCommitted: keepEventLimit.watch });
  const pipeline: Pipeline = createPipeline(createPlanItems(base), commit);
  const items = createIngestItems({ ...base, pipeline });
  const reads = createProfileReads(base);
  const access = createAccess(reads, configuration, options.identitySecret);
  const handlers = { [COMPUTE_JOB]: createBackfillComputed({ ...base, reads, pipeline }) };
  const jobs = createJobs({ jobs: jobStore, handlers, clock, log, alone: store.exclusive });
  return { ...base, pipeline, items, reads, access, keepEventLimit, jobs };
}
