import { createDispatchTraces } from '../../flow/dispatch-traces';
import { type Forget, followForgotten } from '../../flow/forgetting';
import type { MergePolicyUsers, PrivacyHolder, ProfileReader, SegmentReader, SegmentUsers } from '../../flow/ports';
import type { ReactionsOf } from '../../flow/reactions';
import { asSeen } from '../../flow/seen-people';
import { createSubgraphSchema, type SubgraphSchema } from '../../platform/graphql/subgraph-schema';
import { withinHeap } from '../../platform/heap-share';
import type { Route } from '../../platform/http/route';
import type { Platform } from '../../platform/platform';
import type { CollectionSpec } from '../../platform/store/store';
import { createPlanner, type Plan } from './domain/plan';
import { createAudienceRoute } from './http/audience.route';
import { createReactions } from './reactions';
import { AudienceResolver } from './schema/audience.resolver';
import { EvaluationResolver } from './schema/evaluation.resolver';
import { MembershipEndResolver, MembershipResolver } from './schema/membership.resolver';
import { createSubscriptionResolver, QualificationResolver } from './schema/qualification.resolver';
import { SegmentResolver } from './schema/segment.resolver';
import { toSegment } from './schema/segment.type';
import { SegmentsProfile } from './schema/segments-profile.type';
import { createSourceResolver, SharedAudienceResolver } from './schema/shared-audience.resolver';
import { TrialResolver } from './schema/trial.resolver';
import { countsSpec, createCountsStore } from './store/counts-store';
import { createDueStore, dueSpec } from './store/due-store';
import { createDuties, dutiesSpec } from './store/duty-store';
import { createImportStore, importsSpec } from './store/import-store';
import { createJobStore, jobsSpec } from './store/job-store';
import { createMemberStore, membersSpec } from './store/member-store';
import { createPersonRowStore } from './store/person-rows';
import { configurationSpec, createSegmentsConfiguration } from './store/segments-configuration';
import { createStateStore, statesSpec } from './store/state-store';
import { createDueAnnouncer } from './use-cases/announce-due';
import { createEvaluateProfiles } from './use-cases/evaluate-profiles';
import { createEvaluationRuns } from './use-cases/evaluate-segments';
import { createExplainMembership } from './use-cases/explain-membership';
import { createFindKnownFields } from './use-cases/find-known-fields';
import { createHoldPrivacy } from './use-cases/hold-privacy';
import { createAudienceImports } from './use-cases/import-audience';
import { createRuleTrials } from './use-cases/preview-rule';
import { createQualificationTail } from './use-cases/qualification-tail';
import { createReadMemberships } from './use-cases/read-memberships';
import { createQualifications } from './use-cases/read-qualifications';
import { findDefaultPolicy } from './use-cases/read-views';
import { createJobs } from './use-cases/run-jobs';
import { createSegmentVerbs } from './use-cases/save-segment';
import { createEvaluationSchedule } from './use-cases/schedule-evaluations';
import { createSegmentReader } from './use-cases/segment-reader';
import { createAudienceSharing } from './use-cases/share-audience';

/** What the segments subgraph keeps. */
export const segmentsCollections: readonly CollectionSpec[] = [
  configurationSpec,
  statesSpec,
  membersSpec,
  countsSpec,
  dueSpec,
  importsSpec,
  jobsSpec,
  dutiesSpec,
];

/** What the segments subgraph needs of the others. */
export interface SegmentsOptions {
  readonly profiles: ProfileReader;
  /** Who may name a segment; asked when it is needed. */
  readonly users: () => readonly SegmentUsers[];
  /** The IANA zone in which days, weeks and months are counted; default UTC. */
  readonly timeZone?: string;
  /** How many events of a person are kept for evaluation; default 5,000. */
  readonly eventsPerProfile?: number;
  /** The sandboxes whose time and background work `start` takes up; default: `default`. */
  readonly sandboxes?: readonly string[];
  /** How many evaluations are kept in memory; default 524,288. */
  readonly rememberedProfiles?: number;
  /** About how many bytes of them; default 768 MiB, but no more than a fifth of the heap. */
  readonly rememberedBytes?: number;
  /** How many people background work evaluates, or looks at, at once; default 64, or 256. */
  readonly pageSize?: number;
}

/** Segments, who is in them, and what moves them. */
export interface SegmentsSubgraph extends SubgraphSchema {
  readonly name: 'segments';
  readonly reactions: ReactionsOf<'segments'>;
  readonly reader: SegmentReader;
  /** `POST /audiences/:audience`. */
  readonly routes: readonly Route[];
  /** What is held of people here, for privacy jobs. */
  readonly privacy: PrivacyHolder;
  /** The segments that name a merge policy. */
  readonly policyUsers: MergePolicyUsers;
  start(): void;
  /** Resolves when all that is due now is done: backfills, withdrawals, evaluations, and what time moved. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** The segments subgraph. Time moves nobody before `start`. */
export function createSegmentsSubgraph(platform: Platform, options: SegmentsOptions): SegmentsSubgraph {
  const parts = createParts(platform, options);
  const { clock } = platform;
  const { configuration, counts, members, jobStore, announcer, jobs, schedule, tail, read, profiles, runs } = parts;
  const qualifications = createQualifications(tail, profiles);
  const forget: Forget = (sandbox, profileIds) => {
    parts.states.forget(sandbox, profileIds);
    qualifications.erase(sandbox, profileIds);
  };
  const forgetting = followForgotten(platform, forget);
  const imports = createAudienceImports(parts);
  const sharing = createAudienceSharing({ ...parts, evaluateAll: runs.begin });
  const { schema, sdl } = createSubgraphSchema({
    resolvers: [
      new SegmentResolver({ ...parts, counts, members, jobs: jobStore, clock }),
      new MembershipResolver(read, profiles, clock),
      new MembershipEndResolver(),
      new QualificationResolver(qualifications, configuration),
      createSubscriptionResolver(qualifications),
      new TrialResolver(createRuleTrials(parts), createExplainMembership(parts)),
      new EvaluationResolver(runs),
      new AudienceResolver(imports),
      new SharedAudienceResolver(sharing),
      createSourceResolver(sharing),
    ],
    orphanedTypes: [SegmentsProfile],
    references: {
      Profile: (reference) => ({ ...reference }),
      Segment: async ({ id }, { sandbox }) => {
        const stored = (await configuration.segments.all(sandbox)).get(String(id));
        return stored && stored.value.status !== 'DELETED' ? toSegment(stored.id, stored.value) : null;
      },
    },
  });
  const { sandboxes = ['default'] } = options;
  return {
    name: 'segments',
    schema,
    sdl,
    reactions: createReactions(parts.evaluate),
    reader: createSegmentReader(parts),
    routes: [createAudienceRoute(imports)],
    policyUsers: { usersOfPolicy: (sandbox, id) => parts.verbs.usingPolicy(sandbox, id) },
    privacy: createHoldPrivacy({
      ...parts,
      forget,
      rows: createPersonRowStore(platform.store),
      log: platform.store.log,
      segmentIds: async (sandbox) => [...(await configuration.segments.all(sandbox)).keys()],
    }),
    start() {
      forgetting.start();
      for (const sandbox of sandboxes) {
        announcer.start(sandbox);
        jobs.start(sandbox);
        schedule.start(sandbox);
      }
    },
    async idle() {
      await schedule.idle();
      await jobs.idle();
      await announcer.idle();
      await forgetting.idle();
    },
    async close() {
      await forgetting.close();
      await schedule.close();
      await jobs.close();
      await announcer.close();
      await tail.close();
      await parts.duties.release();
    },
  };
}

const EVENTS_KEPT = 5_000;
const REMEMBERED_BYTES = 768 * 1024 * 1024;

function createParts(platform: Platform, options: SegmentsOptions) {
  const { store, clock, log, ids } = platform;
  const { users, timeZone = 'UTC', eventsPerProfile: keptEvents = EVENTS_KEPT, pageSize = 64 } = options;
  const { pageSize: screenSize = 256 } = options;
  const { rememberedProfiles = 524_288, rememberedBytes = withinHeap(REMEMBERED_BYTES, 1, 1 / 5) } = options;
  const defaultPolicy = (sandbox: string): Promise<string> => findDefaultPolicy(profiles, sandbox);
  // Of a window no fewer than it would have been.
  const rules = { timeZone, keptEvents, maxEvents: Math.max(keptEvents, EVENTS_KEPT) };
  const profiles = asSeen(options.profiles);
  const configuration = createSegmentsConfiguration<Plan>(store, createPlanner(rules), defaultPolicy);
  const plan = configuration.compiled;
  const holder = ids.next();
  const states = createStateStore(store, { profiles: rememberedProfiles, bytes: rememberedBytes }, holder);
  const members = createMemberStore(store);
  const counts = createCountsStore(store);
  const imports = createImportStore(store);
  const dueStore = createDueStore(store, ids);
  const jobStore = createJobStore(store);
  const duties = createDuties(store, clock, holder);
  const tail = createQualificationTail(store.log, log);
  const dispatch = createDispatchTraces(store, 'segments');
  const alone = store.exclusive;
  const shared = {
    store,
    states,
    members,
    counts,
    imports,
    profiles,
    clock,
    log,
    ids,
    plan,
    duties,
    dispatch,
    alone,
    pageSize,
    screenSize,
    timeZone,
  };
  const onDue = (sandbox: string, dueMs: number): void => announcer.expect(sandbox, dueMs);
  const evaluate = createEvaluateProfiles({
    ...shared,
    due: dueStore,
    backfillSinceMs: async (sandbox) => {
      const open = await jobStore.open(sandbox, 'BACKFILL');
      return open.length > 0 ? Math.min(...open.map(({ value }) => value.sinceMs)) : undefined;
    },
    onDue,
  });
  const read = createReadMemberships(shared);
  const onWork = (sandbox: string): void => jobs.wake(sandbox);
  const runs = createEvaluationRuns({ ...shared, jobs: jobStore, evaluate, read, onWork });
  const jobs = createJobs({
    ...shared,
    jobs: jobStore,
    due: dueStore,
    evaluate,
    evaluationStep: runs.step,
    onDue,
  });
  const announcer = createDueAnnouncer({ ...shared, due: dueStore, evaluate });
  const knownFields = createFindKnownFields(profiles);
  const verbs = createSegmentVerbs({
    configuration,
    jobs: jobStore,
    counts,
    users,
    knownFields,
    profiles,
    findDefaultPolicy: defaultPolicy,
    rules,
    clock,
    onWork,
  });
  const schedule = createEvaluationSchedule({ ...shared, runs });
  return {
    ...shared,
    schedule,
    configuration,
    jobStore,
    tail,
    evaluate,
    read,
    runs,
    jobs,
    announcer,
    verbs,
    knownFields,
    findDefaultPolicy: defaultPolicy,
    rules,
  };
}
