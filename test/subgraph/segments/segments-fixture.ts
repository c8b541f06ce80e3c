import { afterEach, describe } from '@jest/globals';
import { type ExecutionResult, graphql, parse, subscribe } from 'graphql';
import { createDispatcher, dispatchCollections } from '../../../flow/dispatch';
import type { MembershipChanged } from '../../../flow/events';
import type { ProfileReader, ProfileRef, SegmentUsers } from '../../../flow/ports';
import { isAppError } from '../../../platform/errors';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { createUlids } from '../../../platform/ids';
import { createLog } from '../../../platform/log';
import { createMetrics } from '../../../platform/metrics';
import type { LogEntry } from '../../../platform/store/event-log';
import type { Store } from '../../../platform/store/store';
import {
  createSegmentsSubgraph,
  type SegmentsOptions,
  type SegmentsSubgraph,
  segmentsCollections,
} from '../../../subgraphs/segments';
import { describeEveryStore, type StorePlace } from '../../support/every-store';
import { createManualClock, type ManualClock } from '../../support/manual-clock';
import { type Compute, createPeople, type Item, type People } from './people';

export const NOW_MS = Date.UTC(2026, 0, 15, 12);
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A membership as callers see it. */
export interface MembershipAnswer {
  readonly segment: { readonly id: string };
  readonly status: 'REALIZED' | 'EXITED';
  readonly lastQualificationTime: string;
  readonly validUntil: string | null;
  readonly segmentVersion: number;
  readonly cause: { readonly kind: string; readonly reference: string | null };
}

/** The segments subgraph over a store of its own, with its dispatcher. */
export interface SegmentsFixture {
  readonly subgraph: SegmentsSubgraph;
  readonly store: Store;
  readonly clock: ManualClock;
  readonly people: People;
  ask(query: string, variables?: Record<string, unknown>, context?: Partial<RequestContext>): Promise<ExecutionResult>;
  /** What the query answers; fails as it fails. */
  get<T>(query: string, variables?: Record<string, unknown>, context?: Partial<RequestContext>): Promise<T>;
  /** The code and details of a refused query. */
  refusal(query: string, variables?: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Saves and publishes, unless told otherwise. */
  putSegment(id: string, rule: string, rest?: Record<string, unknown>): Promise<PayloadAnswer>;
  /** Takes items in; nothing is dispatched before `idle`. */
  take(profileId: string, ...items: readonly Item[]): Promise<ProfileRef>;
  memberships(profile: ProfileRef, options?: ReadOptions): Promise<readonly MembershipAnswer[]>;
  /** The ids of the segments that a person is in. */
  segmentsOf(profile: ProfileRef | string, options?: ReadOptions): Promise<readonly string[]>;
  /** Everything that was announced, in the order of the log. */
  announced(): Promise<readonly LogEntry<MembershipChanged>[]>;
  /** The same in short: `profile +segment CAUSE` or `profile -segment CAUSE`. */
  told(): Promise<readonly string[]>;
  subscribe(variables?: Record<string, unknown>): Promise<AsyncIterator<ExecutionResult>>;
  idle(): Promise<void>;
  /** Another one over the same data, this one closed; embedded, over the same store. */
  reopen(): Promise<SegmentsFixture>;
  close(): Promise<void>;
}

export interface ReadOptions {
  readonly statuses?: readonly string[];
  readonly ids?: readonly string[];
  readonly facts?: Record<string, unknown>;
  readonly nowMs?: number;
}

export interface PayloadAnswer {
  readonly segment: { readonly id: string; readonly version: number; readonly status: string };
  readonly previousEvaluation: { readonly method: string; readonly reasons: readonly string[] } | null;
  readonly moved: readonly {
    readonly segment: {
      readonly id: string;
      readonly evaluation: { readonly method: string; readonly reasons: string[] };
    };
    readonly previousEvaluation: { readonly method: string };
  }[];
  readonly warnings: readonly { readonly message: string; readonly line: number; readonly suggestion: string | null }[];
}

const PAYLOAD = `segment { id version status publishedVersion } previousEvaluation { method reasons }
  moved { segment { id evaluation { method reasons } } previousEvaluation { method } }
  warnings { message line column expected suggestion }`;

const SUBSCRIPTION = `subscription ($segments: [ID!], $profile: IdentityInput, $statuses: [MembershipStatus!], $after: String) {
  segmentQualificationChanged(segments: $segments, profile: $profile, statuses: $statuses, after: $after) {
    cursor profileId segmentId status at cause { kind reference } profile { id revision } segment { id name }
  }
}`;

/** What a test may choose. */
export interface FixtureOptions extends Partial<SegmentsOptions> {
  /** What the other subgraphs say. */
  readonly usersOf?: SegmentUsers['usersOf'];
  /** What stands between the subgraph and the people. */
  readonly around?: (reader: ProfileReader) => ProfileReader;
  /** The people and the clock of another fixture, for two that run at once. */
  readonly people?: People;
  readonly clock?: ManualClock;
  /** Whose data it is; default: `default`. */
  readonly sandbox?: string;
  /** What is computed from events. */
  readonly compute?: Compute;
  /** False: what is taken in is not brought to the subgraph. */
  readonly dispatch?: boolean;
}

/** Opens a fixture over the test's own store; it is closed after the test. */
export type OpenSegments = (options?: FixtureOptions) => Promise<SegmentsFixture>;

/** Declares the tests once for each engine. */
export function describeSegments(
  name: string,
  declare: (open: OpenSegments, engine: StorePlace['engine']) => void,
): void {
  describeEveryStore(name, (place) => {
    // Inside, so that the subgraph is closed before its store.
    describe('with a store of its own', () => {
      const opened: SegmentsFixture[] = [];
      afterEach(async () => {
        for (const fixture of opened.splice(0)) await fixture.close();
      });
      const track = (fixture: SegmentsFixture): SegmentsFixture => {
        const reopen = async () => track(await fixture.reopen());
        const tracked = { ...fixture, reopen };
        opened.push(tracked);
        return tracked;
      };
      declare(async (options) => track(await openSegments(place, options)), place.engine);
    });
  });
}

async function openSegments(
  place: StorePlace,
  options: FixtureOptions = {},
  kept: { readonly people?: People; readonly clock?: ManualClock } = {},
): Promise<SegmentsFixture> {
  const { usersOf = async () => [], around = (reader) => reader, dispatch = true, compute, ...rest } = options;
  const { sandbox = 'default' } = options;
  const clock = kept.clock ?? options.clock ?? createManualClock(NOW_MS);
  const people = kept.people ?? options.people ?? createPeople(sandbox, clock.now, compute);
  const store = await place.open([...segmentsCollections, ...dispatchCollections]);
  const platform = { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
  const subgraph = createSegmentsSubgraph(platform, {
    profiles: around(people.reader),
    users: () => [{ usersOf }],
    sandboxes: [sandbox],
    ...rest,
  });
  const dispatcher = createDispatcher({ platform, subgraph: 'segments', reactions: subgraph.reactions });
  subgraph.start();
  if (dispatch) dispatcher.start();

  const ask: SegmentsFixture['ask'] = (source, variableValues = {}, context = {}) =>
    Promise.resolve(
      graphql({
        schema: subgraph.schema,
        source,
        variableValues,
        contextValue: { ...contextAt(clock.now(), sandbox), ...context },
      }),
    );
  const get = async <T>(source: string, variables = {}, context = {}): Promise<T> => {
    const { data, errors } = await ask(source, variables, context);
    if (errors?.[0]) throw errors[0].originalError ?? errors[0];
    return JSON.parse(JSON.stringify(data)) as T;
  };
  const memberships: SegmentsFixture['memberships'] = async ({ id, revision }, read = {}) => {
    const { facts = {}, statuses, ids, nowMs = clock.now() } = read;
    const { _entities } = await get<{ _entities: [{ segments: MembershipAnswer[] }] }>(
      `query ($who: [_Any!]!, $statuses: [MembershipStatus!], $ids: [ID!]) { _entities(representations: $who) { ... on Profile {
        segments(statuses: $statuses, ids: $ids) {
          segment { id } status lastQualificationTime validUntil segmentVersion cause { kind reference } } } } }`,
      { who: [{ __typename: 'Profile', id, revision, decisionFacts: facts }], statuses, ids },
      { nowMs },
    );
    return _entities[0].segments;
  };
  const announced: SegmentsFixture['announced'] = async () => {
    const pages = await Promise.all(
      Array.from({ length: store.log.partitions }, (_, partition) =>
        store.log.read<MembershipChanged>('MembershipChanged', { partition, after: 0, limit: 100_000 }),
      ),
    );
    return pages.flat().filter((entry) => entry.sandbox === sandbox);
  };
  const idle = async (): Promise<void> => {
    if (dispatch) await dispatcher.idle();
    await subgraph.idle();
  };
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    if (dispatch) await dispatcher.close();
    await subgraph.close();
    await store.close();
  };
  return {
    subgraph,
    store,
    clock,
    people,
    ask,
    get,
    async refusal(query, variables) {
      const { errors } = await ask(query, variables);
      const error = errors?.[0]?.originalError;
      if (!isAppError(error)) throw error ?? errors?.[0] ?? new Error('It was not refused.');
      return { code: error.code, ...error.details };
    },
    async putSegment(id, rule, input = {}) {
      const { putSegment } = await get<{ putSegment: PayloadAnswer }>(
        `mutation ($input: SegmentInput!) { putSegment(input: $input) { ${PAYLOAD} } }`,
        { input: { id, name: id, rule, publish: true, ...input } },
      );
      return putSegment;
    },
    take: (profileId, ...items) => people.take(store, profileId, clock.now(), ...items),
    memberships,
    async segmentsOf(profile, read) {
      const ref = typeof profile === 'string' ? people.snapshot(profile) : profile;
      return (await memberships(ref ?? { id: `${profile}`, revision: 0 }, read)).map(({ segment }) => segment.id);
    },
    announced,
    async told() {
      return (await announced()).map(
        ({ body }) => `${body.profileId} ${body.status === 'REALIZED' ? '+' : '-'}${body.segmentId} ${body.cause.kind}`,
      );
    },
    async subscribe(variableValues = {}) {
      const contextValue: RequestContext = { ...contextAt(clock.now(), sandbox), operation: 'subscription' };
      const stream = await subscribe({
        schema: subgraph.schema,
        document: parse(SUBSCRIPTION),
        variableValues,
        contextValue,
      });
      if (Symbol.asyncIterator in stream) return stream;
      throw stream.errors?.[0]?.originalError ?? stream.errors?.[0];
    },
    idle,
    async reopen() {
      await close();
      return openSegments(place, options, { people, clock });
    },
    close,
  };
}

/** Someone did something. */
export function did(eventType: string, rest: Record<string, unknown> = {}, timestampMs?: number): Item {
  return { event: { eventType, ...rest }, ...(timestampMs !== undefined && { timestampMs }) };
}

function contextAt(nowMs: number, sandbox: string): RequestContext {
  return {
    sandbox,
    scope: 'admin',
    requestId: 'r1',
    nowMs,
    deadlineAtMs: nowMs + 10_000,
    operation: 'query',
  };
}
