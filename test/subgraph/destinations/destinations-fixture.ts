import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExecutionResult, graphql } from 'graphql';
import type { Cause, MembershipChanged } from '../../../flow/events';
import type { ProfileReader, ProfileSnapshot, SegmentMember, SegmentReader } from '../../../flow/ports';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { createUlids } from '../../../platform/ids';
import { createLog } from '../../../platform/log';
import { createMetrics } from '../../../platform/metrics';
import type { LogEntry } from '../../../platform/store/event-log';
import { openSqliteStore } from '../../../platform/store/sqlite/open-sqlite-store';
import type { Store } from '../../../platform/store/store';
import {
  createDestinationsSubgraph,
  type DestinationsOptions,
  type DestinationsSubgraph,
  destinationsCollections,
} from '../../../subgraphs/destinations';
import { createManualClock, type ManualClock } from '../../support/manual-clock';

export const NOW_MS = Date.UTC(2026, 0, 15, 12);

/** The people and memberships that the other subgraphs would tell of. */
export interface World {
  readonly people: Map<string, ProfileSnapshot>;
  /** Ids of profiles that became part of another. */
  readonly mergedInto: Map<string, string>;
  readonly members: Map<string, Map<string, SegmentMember>>;
  put(id: string, attributes: Record<string, unknown>, identities: Record<string, readonly string[]>): void;
  readonly profiles: ProfileReader;
  readonly segments: SegmentReader;
}

/** An empty world. */
function createWorld(): World {
  const people = new Map<string, ProfileSnapshot>();
  const mergedInto = new Map<string, string>();
  const members = new Map<string, Map<string, SegmentMember>>();
  const find = (id: string): ProfileSnapshot | undefined => people.get(mergedInto.get(id) ?? id);
  return {
    people,
    mergedInto,
    members,
    put(id, attributes, identities) {
      people.set(id, {
        id,
        revision: (people.get(id)?.revision ?? 0) + 1,
        attributes,
        computedAttributes: {},
        identities: Object.entries(identities).flatMap(([namespace, values]) =>
          values.map((value, index) => ({
            namespace,
            value,
            authenticatedState: 'AMBIGUOUS' as const,
            firstSeenMs: 0,
            lastSeenMs: index,
          })),
        ),
        events: [],
        consents: {},
      });
    },
    profiles: {
      find: async () => undefined,
      getMany: async (_, ids) => ids.map(find),
      computed: async (_, asked) => asked.map(({ id }) => find(id)),
      changes: async () => undefined,
      scan: async () => [],
    },
    segments: {
      published: async (_, ids) => ids.filter((id) => members.has(id)),
      members: async (_, segment, { after = '', limit }) =>
        [...(members.get(segment)?.values() ?? [])]
          .filter(({ profileId }) => profileId > after)
          .sort((a, b) => (a.profileId < b.profileId ? -1 : 1))
          .slice(0, limit),
      realized: async (_, profiles) =>
        profiles.map(({ id }) => [...members].flatMap(([segment, all]) => (all.has(id) ? segment : []))),
    },
  };
}

/** The destinations subgraph over a store of its own. */
export interface DestinationsFixture {
  readonly subgraph: DestinationsSubgraph;
  readonly clock: ManualClock;
  readonly world: World;
  readonly store: Store;
  readonly folder: string;
  ask(query: string, variables?: Record<string, unknown>): Promise<ExecutionResult>;
  /** What the query answers; fails when it fails. */
  get<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  putDestination(input: Record<string, unknown>): Promise<void>;
  /** Moves people in and out of segments and tells of it, as one batch. */
  move(...changes: readonly Change[]): Promise<readonly LogEntry<MembershipChanged>[]>;
  ledger(destination: string, segment?: string): Promise<readonly LedgerAnswer[]>;
  deliveries(destination: string, status?: string): Promise<readonly DeliveryAnswer[]>;
  /** Waits for what is due; without it, work goes on in the background. */
  idle(): Promise<void>;
  /** Moves the clock on, again and again, until nothing of the destination is pending. */
  drain(destination: string, stepMs?: number): Promise<void>;
  /** Ends this one, with whatever was on its way unrecorded, and opens another over the same store. */
  reopen(options?: Partial<DestinationsOptions>): Promise<DestinationsFixture>;
  close(): Promise<void>;
}

export interface Change {
  readonly profile: string;
  readonly segment: string;
  readonly status: 'REALIZED' | 'EXITED';
  readonly cause?: Cause;
}

export interface LedgerAnswer {
  readonly segment: { readonly id: string };
  readonly received: number;
  readonly sent: number;
  readonly skipped: number;
  readonly failed: number;
  readonly pending: number;
  readonly reasons: Readonly<Record<string, number>>;
}

export interface DeliveryAnswer {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly profileId: string;
}

export async function openDestinations(
  options: Partial<DestinationsOptions> = {},
  reused: { folder?: string; world?: World; clock?: ManualClock; store?: Store; position?: number } = {},
): Promise<DestinationsFixture> {
  const folder = reused.folder ?? (await mkdtemp(join(tmpdir(), 'attune-destinations-')));
  const world = reused.world ?? createWorld();
  const clock = reused.clock ?? createManualClock(NOW_MS);
  const store = reused.store ?? (await openSqliteStore({ folder, collections: destinationsCollections }));
  const platform = { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
  const { profiles, segments } = world;
  const subgraph = createDestinationsSubgraph(platform, { profiles, segments, random: () => 0.5, ...options });
  subgraph.start();
  let position = reused.position ?? 0;

  const ask: DestinationsFixture['ask'] = (source, variableValues = {}) =>
    Promise.resolve(graphql({ schema: subgraph.schema, source, variableValues, contextValue: contextAt(clock.now()) }));
  const get = async <T>(source: string, variables = {}): Promise<T> => {
    const { data, errors } = await ask(source, variables);
    if (errors?.[0]) throw errors[0].originalError ?? errors[0];
    return JSON.parse(JSON.stringify(data)) as T;
  };
  const ledger: DestinationsFixture['ledger'] = async (destination, segment) => {
    const { deliveryLedger } = await get<{ deliveryLedger: LedgerAnswer[] }>(
      `query ($d: ID!, $s: ID) { deliveryLedger(destination: $d, segment: $s) {
        segment { id } received sent skipped failed pending reasons } }`,
      { d: destination, s: segment },
    );
    return deliveryLedger;
  };
  return {
    subgraph,
    clock,
    world,
    store,
    folder,
    ask,
    get,
    async putDestination(input) {
      await get('mutation ($i: DestinationInput!) { putDestination(input: $i) { id } }', {
        i: {
          name: input['id'],
          connector: 'http-streaming',
          identities: [{ namespace: 'Email', hash: 'SHA256' }],
          ...input,
        },
      });
    },
    async move(...changes) {
      const entries = changes.map((change) => {
        position += 1;
        return toEntry(world, change, clock.now(), position);
      });
      await subgraph.reactions.MembershipChanged(entries);
      return entries;
    },
    ledger,
    async deliveries(destination, status) {
      const { deliveries } = await get<{ deliveries: { edges: { node: DeliveryAnswer }[] } }>(
        `query ($d: ID!, $s: DeliveryStatus) { deliveries(destination: $d, status: $s, first: 1000) {
          edges { node { id status reason attempts profileId segment { id } } } } }`,
        { d: destination, s: status },
      );
      return deliveries.edges.map(({ node }) => node);
    },
    idle: () => subgraph.idle(),
    async drain(destination, stepMs = 1_000) {
      for (let steps = 0; steps < 500; steps += 1) {
        await subgraph.idle();
        const rows = await ledger(destination);
        if (rows.every(({ pending }) => pending === 0)) return;
        clock.advance(stepMs);
      }
      throw new Error('Something is still pending.');
    },
    async reopen(again = {}) {
      await subgraph.close();
      return openDestinations({ ...options, ...again }, { folder, world, clock, store, position });
    },
    async close() {
      await subgraph.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Makes a segment known, with its members. */
export function putSegment(world: World, segment: string, profileIds: readonly string[] = []): void {
  const member = (profileId: string): SegmentMember => ({
    profileId,
    revision: 1,
    atMs: NOW_MS - 1000,
    cause: { kind: 'RECORD' },
  });
  world.members.set(segment, new Map(profileIds.map((id) => [id, member(id)])));
}

function toEntry(world: World, change: Change, atMs: number, position: number): LogEntry<MembershipChanged> {
  const { profile, segment, status, cause = { kind: 'EVENT' as const } } = change;
  const revision = world.people.get(profile)?.revision ?? 1;
  if (status === 'REALIZED') world.members.get(segment)?.set(profile, { profileId: profile, revision, atMs, cause });
  else world.members.get(segment)?.delete(profile);
  const body = { profileId: profile, revision, segmentId: segment, segmentVersion: 1, status, atMs, cause };
  const id = `${profile}|${segment}|${position}`;
  return { sandbox: 'default', stream: 'MembershipChanged', partition: 0, position, key: profile, id, at: atMs, body };
}

function contextAt(nowMs: number): RequestContext {
  return {
    sandbox: 'default',
    scope: 'admin',
    requestId: 'r1',
    nowMs,
    deadlineAtMs: nowMs + 10_000,
    operation: 'query',
  };
}
