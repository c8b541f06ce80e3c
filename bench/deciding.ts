import { createUlids } from '../platform/ids';
import { toClusters } from '../subgraphs/profile/domain/clusters';
import { foldCluster } from '../subgraphs/profile/domain/fold-cluster';
import type { IdentityState, Person } from '../subgraphs/profile/domain/head';
import { historyOf } from '../subgraphs/profile/domain/history';
import { identityKey } from '../subgraphs/profile/domain/identity';
import { type Item, itemKey } from '../subgraphs/profile/domain/item';
import { DEFAULT_LIMITS } from '../subgraphs/profile/domain/limits';
import { STANDARD_NAMESPACES } from '../subgraphs/profile/domain/namespace';
import { toBelonging } from '../subgraphs/profile/domain/parse-identities';
import { ecid } from './ingest-load';
import { cpuMicros, devicesOf, GRAPH, GRAPHS, IDENTITIES_PER_GRAPH } from './merging';

const BATCH = 256;
const ROUNDS = 160;
const START_MS = Date.UTC(2026, 0, 1);
const RULES = {
  namespaces: STANDARD_NAMESPACES,
  identitiesPerGraph: IDENTITIES_PER_GRAPH,
  nowMs: START_MS,
  newId: createUlids().next,
};

let made = 0;

function item(
  identities: readonly (readonly [namespace: string, value: string])[],
  kind: Item['kind'] = 'EVENT',
): Item {
  made += 1;
  const sent = identities.map(([namespace, value]) => {
    const key = identityKey(namespace, value);
    return { key, namespace, value, state: 'AMBIGUOUS', primary: false, path: '' } as const;
  });
  const belonging = toBelonging(sent, { namespaces: STANDARD_NAMESPACES, limits: DEFAULT_LIMITS });
  const base = {
    kind,
    dataset: 'web',
    id: `e${made}`,
    key: itemKey('web', `e${made}`),
    atMs: START_MS + made,
  } as const;
  return { ...base, enabled: true, ...belonging, data: {}, json: '{}' };
}

/** People in memory, as their store remembers them. */
function createCrowd() {
  const profileOf = new Map<string, string>();
  const people = new Map<string, Person>();
  const decide = (items: readonly Item[]): void => {
    const known = { profileOf: new Map<string, string>(), people: new Map<string, Person>() };
    for (const { identities } of items) {
      for (const { key } of identities) {
        const id = profileOf.get(key);
        const person = id === undefined ? undefined : people.get(id);
        if (!person) continue;
        known.people.set(person.id, person);
        for (const own of person.head.identities) known.profileOf.set(own.key, person.id);
      }
    }
    for (const cluster of toClusters(items, known)) {
      const folded = foldCluster(cluster, RULES);
      if (folded.regrouped) historyOf(cluster, folded);
      for (const { id, version, head } of folded.changed) people.set(id, { id, version: version + 1, head });
      for (const [key, id] of folded.profileOf) profileOf.set(key, id);
    }
  };
  return { profileOf, people, decide };
}

function visitor(number: number): Person {
  const times = { stateAtMs: START_MS, firstSeenMs: START_MS, lastSeenMs: START_MS };
  const rest = { state: 'AMBIGUOUS', events: 1, datasets: [], consents: [] } as const;
  const identity: IdentityState = { key: identityKey('ECID', ecid(number)), ...times, ...rest };
  const head = { revision: 1, createdAtMs: START_MS + number, identities: [identity], links: [] };
  return { id: `p${number}`, version: 1, head };
}

/** Deciding alone, without reading or writing: whose an event is, what is linked, what merges and what splits. */
export function measureDeciding(size: number): void {
  const { profileOf, people, decide } = createCrowd();
  for (let number = 0; number < size; number += 1) {
    const person = visitor(number);
    people.set(person.id, person);
    for (const { key } of person.head.identities) profileOf.set(key, person.id);
  }
  // Somebody else each time, so that nobody is linked twice.
  let next = 0;
  const walk = (): string => {
    next = (next + 7919) % size;
    return ecid(next);
  };
  const measure = (name: string, make: () => Item): void => {
    const rounds = Array.from({ length: ROUNDS }, () => Array.from({ length: BATCH }, make));
    const half = ROUNDS / 2;
    for (const items of rounds.slice(0, half)) decide(items);
    const before = process.cpuUsage();
    for (const items of rounds.slice(half)) decide(items);
    console.log(`| ${name} | ${(cpuMicros(before) / half / BATCH).toFixed(1)} µs |`);
  };
  console.log(`\n| deciding alone, ${size} identities | CPU |\n|---|---|`);
  measure('an event of somebody known', () => item([['ECID', walk()]]));
  measure('one that links them to a new identity', () =>
    item([
      ['ECID', walk()],
      ['CRMID', `c${made}`],
    ]),
  );
  measure('one that makes two of them one', () =>
    item([
      ['ECID', walk()],
      ['ECID', walk()],
    ]),
  );
  const pairs = Array.from({ length: 2 * GRAPHS }, (_, pair) => [`a${pair}`, `b${pair}`] as const);
  for (const pair of pairs) {
    for (const graph of pair)
      decide(
        devicesOf(graph).map((device) =>
          item([
            ['GAID', graph],
            ['IDFA', device],
          ]),
        ),
      );
  }
  const mergeAndSplit = ([a, b]: readonly [string, string]): void => {
    const [cut = ''] = devicesOf(a);
    decide([item([cut, ...devicesOf(b).slice(0, 1)].map((device) => ['IDFA', device]))]);
    decide([item([['IDFA', cut]], 'CUT')]);
  };
  pairs.slice(0, GRAPHS).forEach(mergeAndSplit);
  const before = process.cpuUsage();
  pairs.slice(GRAPHS).forEach(mergeAndSplit);
  console.log(`| merge and split of two graphs of ${GRAPH} | ${(cpuMicros(before) / GRAPHS / 1000).toFixed(2)} ms |`);
}
