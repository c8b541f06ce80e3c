import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExecutionResult, graphql } from 'graphql';
import type { ProfileReader, ProfileSnapshot, SegmentReader } from '../../../flow/ports';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { createUlids } from '../../../platform/ids';
import { createLog } from '../../../platform/log';
import { createMetrics, type Metrics } from '../../../platform/metrics';
import { openSqliteStore } from '../../../platform/store/sqlite/open-sqlite-store';
import { createOffersSubgraph, type OffersSubgraph, offersCollections } from '../../../subgraphs/offers';
import { createManualClock } from '../../support/manual-clock';

export const NOW_MS = Date.UTC(2026, 0, 15, 12);

/** What decisions are told of a person. */
export interface Person {
  readonly id?: string;
  readonly attributes?: Record<string, unknown>;
  readonly computedAttributes?: Record<string, unknown>;
  readonly consents?: Record<string, string>;
  readonly context?: Record<string, unknown>;
  readonly segments?: readonly string[];
}

/** The offers subgraph over a store of its own, asked as the gateway asks it. */
export interface OffersFixture {
  readonly subgraph: OffersSubgraph;
  readonly metrics: Metrics;
  ask(query: string, variables?: Record<string, unknown>, context?: Partial<RequestContext>): Promise<ExecutionResult>;
  /** Puts a definition; fails when it is refused. */
  put(kind: string, input: Record<string, unknown>): Promise<void>;
  /** The code of a refused put, with the error's extensions. */
  refusal(kind: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  decide(
    person: Person | null,
    placements: readonly Record<string, unknown>[],
    options?: Record<string, unknown>,
  ): Promise<readonly DecisionAnswer[]>;
  close(): Promise<void>;
}

export interface DecisionAnswer {
  readonly id: string;
  readonly placement: { readonly id: string };
  readonly offer: { readonly id: string } | null;
  readonly content: unknown;
  readonly contentType: string;
  readonly score: number | null;
  readonly validUntil: string | null;
  readonly reason: string;
  readonly explanation: string;
}

const DECISIONS = `query ($who: [_Any!]!, $placements: [PlacementRequest!]!, $context: JSONObject, $duplicates: Boolean) {
  _entities(representations: $who) { ... on Profile {
    decisions(placements: $placements, context: $context, allowDuplicates: $duplicates) {
      id placement { id name channel contentType } offer { id name priority status }
      content contentType score validUntil reason explanation
    }
  } }
}`;

/** @param published the ids of segments that exist */
export async function openOffers(
  published: readonly string[] = [],
  people: readonly ProfileSnapshot[] = [],
  timeZone = 'UTC',
): Promise<OffersFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'attune-offers-'));
  const store = await openSqliteStore({ folder, collections: offersCollections });
  const metrics = createMetrics();
  const clock = createManualClock(NOW_MS);
  const platform = { store, clock, ids: createUlids(), log: createLog('silent'), metrics };
  const subgraph = createOffersSubgraph(platform, {
    segments: segmentsOf(published),
    profiles: profilesOf(people),
    timeZone,
  });
  const ask: OffersFixture['ask'] = (source, variableValues = {}, context = {}) =>
    Promise.resolve(
      graphql({ schema: subgraph.schema, source, variableValues, contextValue: requestContext(context) }),
    );
  const send = (kind: string, input: Record<string, unknown>) =>
    ask(`mutation ($input: ${kind}Input!) { put${kind}(input: $input) { id version } }`, { input });
  return {
    subgraph,
    metrics,
    ask,
    async put(kind, input) {
      const { errors } = await send(kind, input);
      if (errors?.[0]) throw errors[0];
    },
    async refusal(kind, input) {
      const error = (await send(kind, input)).errors?.[0];
      const original = error?.originalError as { code?: string; details?: object } | undefined;
      return { code: original?.code, ...original?.details };
    },
    async decide(person, placements, options = {}) {
      const { segments, id = 'p1', ...facts } = person ?? {};
      const who = {
        __typename: 'Profile',
        id,
        revision: 1,
        decisionFacts: person && { attributes: {}, computedAttributes: {}, consents: {}, isAnonymous: false, ...facts },
        realizedSegmentIds: person === null || !('segments' in person) ? [] : segments,
      };
      const { data, errors } = await ask(DECISIONS, { who: [who], placements, ...options });
      if (errors?.[0]) throw errors[0].originalError ?? errors[0];
      return (data as { _entities: { decisions: DecisionAnswer[] }[] })._entities[0]?.decisions ?? [];
    },
    async close() {
      await subgraph.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The fixture of the acceptance scenarios: two placements, four offers, a fallback, one policy for each placement. */
export async function putScenario({ put }: OffersFixture): Promise<void> {
  await put('Placement', { id: 'home-hero', name: 'Hero', contentType: 'HTML' });
  await put('Placement', { id: 'email-top', name: 'E-mail, top', channel: 'email', contentType: 'TEXT' });
  const offer = (id: string, priority: number, eligibility?: Record<string, unknown>) =>
    put('Offer', {
      id,
      name: id,
      priority,
      status: 'APPROVED',
      ...(eligibility ? { eligibility } : {}),
      representations: [
        { placement: 'home-hero', content: `<b>${id}</b>` },
        { placement: 'email-top', content: id },
      ],
      tags: ['all'],
    });
  await offer('O-GOLD', 80, { rule: 'loyalty.tier = "gold"' });
  await offer('O-CART10', 60, { allOf: ['cart-abandoners'] });
  await offer('O-SHOES', 40, { rule: 'computedAttributes.productAffinity.shoes > 3' });
  await offer('O-WELCOME', 10);
  await put('FallbackOffer', {
    id: 'O-DEFAULT',
    name: 'Default',
    representations: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a token.
      { placement: 'home-hero', content: 'Hello ${profile.person.name|"you"}' },
      { placement: 'email-top', content: 'Hello' },
    ],
  });
  await put('Collection', { id: 'all', name: 'All', tags: ['all'] });
  for (const placement of ['home-hero', 'email-top']) {
    await put('DecisionPolicy', {
      id: `policy-${placement}`,
      placement,
      groups: [{ criteria: [{ collection: 'all' }] }],
      fallback: 'O-DEFAULT',
    });
  }
}

function requestContext(context: Partial<RequestContext>): RequestContext {
  return {
    sandbox: 'default',
    scope: 'admin',
    requestId: 'r1',
    nowMs: NOW_MS,
    deadlineAtMs: NOW_MS + 10_000,
    operation: 'query',
    ...context,
  };
}

function segmentsOf(published: readonly string[]): SegmentReader {
  return {
    published: async (_, ids) => ids.filter((id) => published.includes(id)),
    members: async () => [],
    realized: async (_, profiles) => profiles.map(() => published),
  };
}

function profilesOf(people: readonly ProfileSnapshot[]): ProfileReader {
  return {
    find: async (_, { value }) => people.find(({ identities }) => identities.some((known) => known.value === value)),
    getMany: async (_, ids) => ids.map((id) => people.find((person) => person.id === id)),
    computed: async (_, asked) => asked.map(({ id }) => people.find((person) => person.id === id)),
    changes: async () => undefined,
    scan: async () => people,
  };
}
