import { execute, type GraphQLSchema, parse } from 'graphql';
import type { Commit, Store } from '../platform/store/store';
import type { ProfileSubgraph } from '../subgraphs/profile';
import type { Fields } from './ingest-load';

/** How many identities a graph has, and how many pairs of graphs are measured. */
export const GRAPH = 50;
export const GRAPHS = 200;
/** Two graphs fit in one. */
export const IDENTITIES_PER_GRAPH = 4 * GRAPH;

/** Processor time in microseconds since then. */
export function cpuMicros(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

/** The values of a graph's identities but the one that holds them together. */
export function devicesOf(graph: string): readonly string[] {
  return Array.from({ length: GRAPH - 1 }, (_, number) => `${graph}-${number}`);
}

/** The store, and how many documents and entries are committed to it. */
export function countingRows(store: Store): { readonly store: Store; rows(): number } {
  let rows = 0;
  return {
    store: {
      ...store,
      commit(commit: Commit) {
        rows += commit.writes.length + (commit.entries?.length ?? 0);
        return store.commit(commit);
      },
    },
    rows: () => rows,
  };
}

const UNLINK = parse(`mutation ($profile: IdentityInput!, $identity: IdentityInput!) {
  unlinkIdentity(profile: $profile, identity: $identity) { unlinked { id } }
}`);

async function unlink(schema: GraphQLSchema, nowMs: number, profile: string, identity: string): Promise<void> {
  const variableValues = {
    profile: { namespace: 'IDFA', value: profile },
    identity: { namespace: 'IDFA', value: identity },
  };
  const contextValue = { sandbox: 'default', scope: 'admin', nowMs };
  const { errors } = await execute({ schema, document: UNLINK, variableValues, contextValue });
  if (errors) throw errors[0];
}

/** Two graphs become one by an identity that they share, and two again when it is cut, so many pairs at once. */
export async function measureMerges(bench: {
  readonly subgraph: ProfileSubgraph;
  readonly send: (batch: Fields[]) => Promise<unknown>;
  readonly nowMs: () => number;
  readonly event: (identityMap: Fields) => Fields;
  readonly rows: () => number;
}): Promise<void> {
  const { subgraph, send, nowMs, event, rows } = bench;
  const graphs = Array.from({ length: 3 * GRAPHS }, (_, number) => [`a${number}`, `b${number}`] as const);
  const linked = (graph: string): Fields[] =>
    devicesOf(graph).map((device) => event({ GAID: [{ id: graph }], IDFA: [{ id: device }] }));
  for (const pair of graphs) await send(pair.flatMap(linked));
  const mergeAndSplit = async ([a, b]: readonly [string, string]): Promise<void> => {
    await send([event({ IDFA: [{ id: `${a}-0` }, { id: `${b}-0` }] })]);
    await unlink(subgraph.schema, nowMs(), `${a}-1`, `${a}-0`);
  };
  const run = async (pairs: typeof graphs, atOnce: number): Promise<string> => {
    const queue = [...pairs];
    const before = process.cpuUsage();
    const work = async (): Promise<void> => {
      for (let pair = queue.shift(); pair; pair = queue.shift()) await mergeAndSplit(pair);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return `${(cpuMicros(before) / pairs.length / 1000).toFixed(2)} ms CPU`;
  };
  await run(graphs.slice(0, GRAPHS), 1);
  const written = rows();
  const alone = await run(graphs.slice(GRAPHS, 2 * GRAPHS), 1);
  const each = (rows() - written) / GRAPHS;
  const together = await run(graphs.slice(2 * GRAPHS), 32);
  console.log(
    `Merge and split of two graphs of ${GRAPH}, durable: ${alone}, ${each} rows; 32 pairs at once ${together}.\n`,
  );
}
