import { type ExecutionResult, graphql } from 'graphql';
import type { ProfileChanged } from '../../../flow/events';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { createUlids } from '../../../platform/ids';
import { createLog } from '../../../platform/log';
import { createMetrics } from '../../../platform/metrics';
import { openSqliteStore } from '../../../platform/store/sqlite/open-sqlite-store';
import type { Store } from '../../../platform/store/store';
import {
  createProfileSubgraph,
  type ProfileOptions,
  type ProfileSubgraph,
  profileCollections,
} from '../../../subgraphs/profile';
import { createManualClock, type ManualClock } from '../../support/manual-clock';
import { createTemporaryFolder } from '../../support/temporary-folder';

export const NOW_MS = Date.UTC(2026, 0, 15, 12);

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
export type Answer = any;

/** The profile subgraph over a store, asked as the gateway asks it. */
export interface ProfileFixture {
  readonly subgraph: ProfileSubgraph;
  readonly store: Store;
  readonly clock: ManualClock;
  ask(query: string, variables?: object, context?: Partial<RequestContext>): Promise<ExecutionResult>;
  /** What the operation answers; fails with the first error, as it was thrown. */
  get(query: string, variables?: object, context?: Partial<RequestContext>): Promise<Answer>;
  ingest(dataset: string, ...items: readonly object[]): Promise<Answer>;
  /** The person with this identity, with everything that is asked of most. */
  find(namespace: string, value: string, fields?: string): Promise<Answer>;
  /** Everything that was announced, by profile. */
  changes(): Promise<ReadonlyMap<string, readonly ProfileChanged[]>>;
  close(): Promise<void>;
}

const PERSON = `id revision attributes isAnonymous
  identities { namespace value authenticatedState firstSeen lastSeen }
  events(first: 1000) { edges { node { id } } }`;

export interface FixtureOptions extends ProfileOptions {
  readonly store?: Store;
  readonly clock?: ManualClock;
}

/** Over a store of its own, or over the given one. */
export async function openProfile({
  store: given,
  clock: givenClock,
  ...options
}: FixtureOptions = {}): Promise<ProfileFixture> {
  const folder = given ? undefined : createTemporaryFolder();
  const store = given ?? (await openSqliteStore({ folder: `${folder?.path}`, collections: profileCollections }));
  const clock = givenClock ?? createManualClock(NOW_MS);
  const platform = { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
  const subgraph = createProfileSubgraph(platform, options);
  subgraph.start();
  const ask: ProfileFixture['ask'] = (source, variables = {}, context = {}) =>
    Promise.resolve(
      graphql({
        schema: subgraph.schema,
        source,
        variableValues: { ...variables },
        contextValue: { ...requestContext(clock.now()), ...context },
      }),
    );
  const get: ProfileFixture['get'] = async (source, variables, context) => {
    const { data, errors } = await ask(source, variables, context);
    if (errors?.[0]) throw errors[0].originalError ?? errors[0];
    return JSON.parse(JSON.stringify(data));
  };
  return {
    subgraph,
    store,
    clock,
    ask,
    get,
    async ingest(dataset, ...items) {
      const { datasets } = await get('{ datasets(first: 1000) { edges { node { id kind } } } }');
      const kind = datasets.edges.find(({ node }: Answer) => node.id === dataset)?.node.kind;
      const field =
        kind === 'RECORDS'
          ? 'ingestRecords(dataset: $dataset, records: $items)'
          : 'ingestEvents(dataset: $dataset, events: $items)';
      const answer = await get(
        `mutation ($dataset: ID!, $items: [JSONObject!]!) { payload: ${field} {
          accepted duplicates rejected results { id status code path message profile { id revision } } } }`,
        { dataset, items },
      );
      return answer.payload;
    },
    async find(namespace, value, fields = PERSON) {
      const { profile } = await get(
        `query ($identity: IdentityInput!) { profile(identity: $identity) { ${fields} } }`,
        {
          identity: { namespace, value },
        },
      );
      return profile;
    },
    async changes() {
      const entries = await Promise.all(
        Array.from({ length: store.log.partitions }, (_, partition) =>
          store.log.read<ProfileChanged>('ProfileChanged', { partition, after: 0, limit: 100_000 }),
        ),
      );
      const byProfile = new Map<string, ProfileChanged[]>();
      for (const { key, body } of entries.flat()) byProfile.set(key, [...(byProfile.get(key) ?? []), body]);
      return byProfile;
    },
    async close() {
      await subgraph.close();
      if (given) return;
      await store.close();
      folder?.remove();
    },
  };
}

/** An identityMap: `{ CRMID: 'C-1', ECID: ['…', '…'] }`. */
export function who(identities: Readonly<Record<string, string | readonly string[]>>): Record<string, unknown> {
  const entries = Object.entries(identities).map(([namespace, values]) => [
    namespace,
    [values].flat().map((id) => ({ id })),
  ]);
  return { identityMap: Object.fromEntries(entries) };
}

/** An ECID that ends with these digits. */
export function ecid(digits: number | string): string {
  return String(digits).padStart(38, '0');
}

let made = 0;

/** An event with an id of its own. */
export function event(eventType: string, atMs: number, more: object = {}): Record<string, unknown> {
  made += 1;
  return { _id: `e-${made}`, eventType, timestamp: new Date(atMs).toISOString(), ...more };
}

/** The ids of the events of an answer, the newest first. */
export function eventIds({ events }: Answer): readonly string[] {
  return events.edges.map(({ node }: Answer) => node.id);
}

function requestContext(nowMs: number): RequestContext {
  return {
    sandbox: 'default',
    scope: 'admin',
    requestId: 'r1',
    nowMs,
    deadlineAtMs: nowMs + 10_000,
    operation: 'query',
  };
}
