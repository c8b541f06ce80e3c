import { AppError } from '../../../platform/errors';
import { toClusters } from '../domain/clusters';
import { foldCluster } from '../domain/fold-cluster';
import type { IdentityState, Link } from '../domain/head';
import { type Item, itemKey } from '../domain/item';
import { ItemFault } from '../domain/item-fault';
import type { Limits } from '../domain/limits';
import type { Namespace } from '../domain/namespace';
import { type IdentityRules, parseIdentityMap, toBelonging } from '../domain/parse-identities';
import { parseTimestamp } from '../domain/timestamp';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { checkNamespace } from './save-definition';

type Fields = Readonly<Record<string, unknown>>;

/** One person that the items would make. */
export interface SimulatedGraph {
  readonly identities: readonly IdentityState[];
  /** Links with an end here that do not count. */
  readonly droppedLinks: readonly Link[];
}

/** What a simulation comes to. */
export interface Simulation {
  readonly graphs: readonly SimulatedGraph[];
  readonly identities: ReadonlyMap<string, IdentityState>;
}

export type SimulateIdentityGraph = (
  sandbox: string,
  bodies: readonly Fields[],
  namespaces: ReadonlyMap<string, Namespace>,
) => Promise<Simulation>;

const DATASET = 'simulation';
const MOST_ITEMS = 1000;

/**
 * The people that items would make of an empty store, by the very code that takes them in (P-11). Items without a time
 * come one after another. Writes nothing. `namespaces` take the place of configured ones of the same code.
 */
export function createSimulateIdentityGraph(dependencies: {
  readonly configuration: ProfileConfiguration;
  readonly limits: Limits;
}): SimulateIdentityGraph {
  const { configuration, limits } = dependencies;
  return async (sandbox, bodies, changed) => {
    if (bodies.length > MOST_ITEMS) {
      throw new AppError('LIMIT_EXCEEDED', `At most ${MOST_ITEMS} items are simulated; received ${bodies.length}.`, {
        details: { limit: 'items' },
      });
    }
    for (const [id, namespace] of changed) checkNamespace(id, namespace);
    const settings = await configuration.settings(sandbox);
    const rules = { namespaces: new Map([...settings.namespaces, ...changed]), limits };
    const items = bodies.map((body, index) => toSighting(body, index, rules));
    let made = 0;
    const newId = (): string => {
      made += 1;
      return String(made);
    };
    const graphRules = { ...rules, identitiesPerGraph: limits.identitiesPerGraph, nowMs: 0, newId };
    const folded = toClusters(items, { profileOf: new Map(), people: new Map() }).map((cluster) =>
      foldCluster(cluster, graphRules),
    );
    const heads = folded.flatMap(({ changed: people }) => people.map(({ head }) => head));
    const identities = new Map(heads.flatMap((head) => head.identities.map((each) => [each.key, each] as const)));
    const dropped = new Set(folded.flatMap((one) => one.dropped));
    const graphs = heads.map((head) => ({
      identities: head.identities,
      droppedLinks: head.links.filter((link) => dropped.has(link)),
    }));
    return { graphs, identities };
  };
}

function toSighting(body: Fields, index: number, rules: IdentityRules): Item {
  const id = typeof body._id === 'string' ? body._id : String(index);
  try {
    const sent = parseIdentityMap(body.identityMap, rules, 'identityMap');
    const base = { kind: 'SIGHTING', dataset: DATASET, id, key: itemKey(DATASET, id), enabled: true } as const;
    return { ...base, ...toBelonging(sent, rules), atMs: timeOf(body, index), data: {}, json: '{}' };
  } catch (error) {
    if (!(error instanceof ItemFault)) throw error;
    throw new AppError('BAD_USER_INPUT', `items[${index}].${error.path}: ${error.message}`, {
      details: { path: `items[${index}].${error.path}`, reason: error.code },
    });
  }
}

function timeOf({ timestamp }: Fields, index: number): number {
  if (timestamp === undefined || timestamp === null) return index;
  const atMs = typeof timestamp === 'string' ? parseTimestamp(timestamp) : undefined;
  if (atMs !== undefined) return atMs;
  throw new ItemFault('INVALID_TIMESTAMP', 'timestamp', 'A timestamp is ISO 8601 text.');
}
