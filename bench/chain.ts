import { graphql } from 'graphql';
import { createDispatcher, dispatchCollections } from '../flow/dispatch';
import { createSystemClock } from '../platform/clock';
import { createUlids } from '../platform/ids';
import { createLog } from '../platform/log';
import { createMetrics } from '../platform/metrics';
import { openSqliteStore } from '../platform/store/sqlite/open-sqlite-store';
import { createProfileSubgraph, profileCollections } from '../subgraphs/profile';
import { createSegmentsSubgraph, segmentsCollections } from '../subgraphs/segments';
import type { Fields } from './ingest-load';

const PUT = 'mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { id } } }';

/** One way in and all that follows: profiles, the dispatcher, and segments over one store. */
export async function openChain(folder: string) {
  const collections = [...profileCollections, ...segmentsCollections, ...dispatchCollections];
  const store = await openSqliteStore({ folder, collections });
  const clock = createSystemClock();
  const platform = { store, clock, ids: createUlids(), log: createLog('error'), metrics: createMetrics() };
  const profile = createProfileSubgraph(platform);
  const segments = createSegmentsSubgraph(platform, { profiles: profile.reader, users: () => [] });
  const dispatcher = createDispatcher({ platform, subgraph: 'segments', reactions: segments.reactions });
  profile.start();
  segments.start();
  dispatcher.start();
  return {
    store,
    clock,
    profile,
    segments,
    send: (dataset: string) => (batch: Fields[]) => profile.ingestion.ingest('default', dataset, batch, clock.now()),
    async publish(id: string, rule: string): Promise<void> {
      const contextValue = { sandbox: 'default', scope: 'admin', nowMs: clock.now() };
      const variableValues = { input: { id, name: id, rule, publish: true } };
      const { errors } = await graphql({ schema: segments.schema, source: PUT, variableValues, contextValue });
      if (errors) throw new Error(JSON.stringify(errors));
    },
    /** Resolves when segments have taken in what was accepted before. */
    caughtUp: () => dispatcher.idle(),
    async idle(): Promise<void> {
      await profile.idle();
      await dispatcher.idle();
      await segments.idle();
    },
    async close(): Promise<void> {
      await dispatcher.close();
      await segments.close();
      await profile.close();
      await store.close();
    },
  };
}
