import { createDispatchTraces } from '../../flow/dispatch-traces';
import type { PrivacyHolder, ProfileReader, SegmentReader, SegmentUsers } from '../../flow/ports';
import type { ReactionsOf } from '../../flow/reactions';
import type { Timer } from '../../platform/clock';
import { createSubgraphSchema, type SubgraphSchema } from '../../platform/graphql/subgraph-schema';
import type { Platform } from '../../platform/platform';
import type { CollectionSpec } from '../../platform/store/store';
import type { HttpSend } from './connectors/connector';
import { connectors } from './connectors/connectors';
import { createHttpClient } from './connectors/http-send';
import { DeliveryResolver } from './schema/delivery.resolver';
import { toDestinationDefinition } from './schema/destination.input';
import { DestinationConfigurationResolver, DestinationResolver } from './schema/destination.resolver';
import { toDestination } from './schema/destination.type';
import { ProfileActivationsResolver } from './schema/profile-activations.resolver';
import { DestinationsProfile, DestinationsSegment } from './schema/stubs.type';
import { createDeliveryStore, deliverySpecs } from './store/delivery-store';
import { configurationSpec, createDestinationsConfiguration } from './store/destinations-configuration';
import { createJobStore, jobSpec } from './store/job-store';
import { createActivateSegment, createDeactivateActivation } from './use-cases/activate-segment';
import type { DeliveryRules } from './use-cases/delivery-worker';
import { createDeliveryWorkers } from './use-cases/delivery-workers';
import { createHoldPrivacy } from './use-cases/hold-privacy';
import { createJobs } from './use-cases/jobs';
import { createNotifyDestinations } from './use-cases/notify-destinations';
import { createReplayDeadLetters } from './use-cases/replay-dead-letters';
import { createDeleteDestination, createSaveDestination } from './use-cases/save-destination';
import { createTakeIn } from './use-cases/take-in';

/** What the destinations subgraph keeps. */
export const destinationsCollections: readonly CollectionSpec[] = [configurationSpec, jobSpec, ...deliverySpecs];

/** What the destinations subgraph needs of the others, and how it delivers. */
export interface DestinationsOptions {
  readonly segments: SegmentReader;
  readonly profiles: ProfileReader;
  /** The IANA zone in which mappings count days, weeks and months; default UTC. */
  readonly timeZone?: string;
  /** Defaults: 6 attempts from 0.5 s on, 2 s each, a breaker after 10 failures for 5 s to 60 s, 16 at once. */
  readonly rules?: Partial<DeliveryRules>;
  /** How requests go out; default: HTTP with connections of its own. */
  readonly http?: HttpSend;
  /** Numbers in [0, 1) that spread attempts; default: `Math.random`. */
  readonly random?: () => number;
  /** The sandboxes whose waiting work is taken up by `start`; default: `default`. */
  readonly sandboxes?: readonly string[];
  /** How many people a backfill reads at once; default 500. */
  readonly pageSize?: number;
}

/** Destinations, and what is sent to them. */
export interface DestinationsSubgraph extends SubgraphSchema {
  readonly name: 'destinations';
  readonly reactions: ReactionsOf<'destinations'>;
  /** The destinations that a segment is activated to. */
  readonly users: SegmentUsers;
  /** What is held of people here, for privacy jobs. */
  readonly privacy: PrivacyHolder;
  start(): void;
  idle(): Promise<void>;
  close(): Promise<void>;
}

const RULES: DeliveryRules = {
  retry: { attempts: 6, baseMs: 500, longestMs: 60_000 },
  breaker: { failures: 10, openMs: 5_000, longestOpenMs: 60_000 },
  timeoutMs: 2_000,
  atOnce: 16,
  leaseMs: 30_000,
};

/** The destinations subgraph. Nothing is sent before `start`. */
export function createDestinationsSubgraph(platform: Platform, options: DestinationsOptions): DestinationsSubgraph {
  const parts = createParts(platform, options);
  const { configuration, store, jobStore, workers, takeIn } = parts;
  const activation = { ...parts, segments: options.segments, clock: platform.clock, ids: platform.ids };
  const saving = { configuration, connectors, store, jobStore, wake: workers.wake };
  const save = createSaveDestination(saving);
  const replay = createReplayDeadLetters({ ...parts, ...options, clock: platform.clock, wake: workers.wake });
  const { schema, sdl } = createSubgraphSchema({
    resolvers: [
      new DestinationConfigurationResolver(
        {
          all: configuration.destinations.all,
          put: (sandbox, input) =>
            save(sandbox, {
              id: input.id,
              destination: toDestinationDefinition(input),
              expectedVersion: input.expectedVersion ?? undefined,
            }),
          delete: createDeleteDestination(saving),
        },
        toDestination,
      ),
      new DestinationResolver({
        configuration,
        store,
        jobStore,
        activate: createActivateSegment(activation),
        deactivate: createDeactivateActivation(activation),
      }),
      new DeliveryResolver(store, replay),
      new ProfileActivationsResolver(configuration, store),
    ],
    orphanedTypes: [DestinationsProfile, DestinationsSegment],
    references: { Profile: (reference) => ({ ...reference }) },
  });
  return {
    name: 'destinations',
    schema,
    sdl,
    reactions: { MembershipChanged: createNotifyDestinations(configuration, takeIn, workers.wake) },
    users: {
      usersOf: async (sandbox, segment) =>
        ((await configuration.routes(sandbox)).bySegment.get(segment) ?? []).map(
          ({ destination }) => `destination:${destination}`,
        ),
    },
    privacy: createHoldPrivacy({ ...parts, dispatch: createDispatchTraces(platform.store, 'destinations') }),
    ...createBackground(platform, options, parts),
  };
}

type Parts = ReturnType<typeof createParts>;

function createParts({ store: documents, clock, ids, log }: Platform, options: DestinationsOptions) {
  const { profiles, segments, random = Math.random, pageSize = 500 } = options;
  const rules = { ...RULES, ...options.rules };
  const alone = documents.exclusive;
  const client = options.http ? undefined : createHttpClient();
  const http = options.http ?? (client as ReturnType<typeof createHttpClient>).send;
  const configuration = createDestinationsConfiguration(documents, options.timeZone ?? 'UTC');
  const store = createDeliveryStore(documents);
  const jobStore = createJobStore(documents);
  const workers = createDeliveryWorkers({ store, configuration, connectors, http, clock, random, log, rules, alone });
  const takeIn = createTakeIn({ store, configuration, profiles, segments, clock, ids });
  const { leaseMs } = rules;
  const jobs = createJobs({
    jobs: jobStore,
    store,
    configuration,
    segments,
    takeIn,
    wake: workers.wake,
    clock,
    log,
    alone,
    leaseMs,
    pageSize,
  });
  return { configuration, store, jobStore, workers, jobs, takeIn, client, rules, alone };
}

function createBackground({ clock, log }: Platform, options: DestinationsOptions, parts: Parts) {
  const { workers, jobs, client, rules, alone } = parts;
  const { sandboxes = ['default'] } = options;
  let resuming: Promise<unknown> = Promise.resolve();
  let patrol: Timer | undefined;
  let closed = false;
  const start = (): void => {
    workers.start(sandboxes);
    resuming = Promise.all(sandboxes.map((sandbox) => jobs.resume(sandbox))).catch((error: unknown) =>
      log.error({ err: error }, 'the jobs of destinations could not be taken up'),
    );
    // Another process may have left something behind.
    if (!alone && !closed) patrol = clock.at(clock.now() + rules.leaseMs, start);
  };
  return {
    start,
    async idle(): Promise<void> {
      await resuming;
      await jobs.idle();
      await workers.idle();
    },
    async close(): Promise<void> {
      closed = true;
      patrol?.cancel();
      await resuming;
      await jobs.close();
      await workers.close();
      await client?.close();
    },
  };
}
