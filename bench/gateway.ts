import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createAttune } from '../app/attune';
import type { PartReady, PartRequest } from './gateway-part';
import { type Asker, openAsker } from './http-load';

const PROFILES = 10_000;
const IDENTITIES = 200;
const AT_ONCE = 16;
const ROUND_MS = 2_000;
/** On a busy machine two seconds are too few requests for code to be compiled. */
const WARM_UP_REQUESTS = 4_000;
const ROUNDS = 7;

const QUERY = `query Person($who: IdentityInput!, $placements: [PlacementRequest!]!) {
  profile(identity: $who) {
    id revision attributes identities { namespace value }
    segments { status segment { id name } lastQualificationTime }
    decisions(placements: $placements) { id offer { id name } content reason explanation }
  }
}`;
const SHA256 = createHash('sha256').update(QUERY).digest('hex');
const variablesOf = (at: number) => ({
  who: { namespace: 'CRMID', value: `C-${at * 50}` },
  placements: [{ placement: 'home-hero' }],
});
const BODIES = Array.from({ length: IDENTITIES }, (_, at) =>
  JSON.stringify({ query: QUERY, variables: variablesOf(at) }),
);
const BODIES_BY_HASH = Array.from({ length: IDENTITIES }, (_, at) =>
  JSON.stringify({ id: `sha256:${SHA256}`, variables: variablesOf(at) }),
);

/** A store with people, segments and offers in it. */
async function seed(folder: string): Promise<void> {
  const attune = await createAttune({ store: { kind: 'embedded', folder } });
  const put = async (kind: string, payload: string, input: object): Promise<void> => {
    const query = `mutation ($input: ${kind}Input!) { put${kind}(input: $input) { ${payload} } }`;
    const { errors } = await attune.execute({ key: attune.adminKey, query, variables: { input } });
    if (errors) throw new Error(JSON.stringify(errors));
  };
  for (let index = 0; index < 20; index++) {
    const rule =
      index % 2 === 0 ? `loyalty.points > ${index * 40}` : `xEvent[eventType = "k${index % 5}"].count() >= 1`;
    await put('Segment', 'segment { id }', { id: `s${index}`, name: `Segment ${index}`, rule, publish: true });
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a token.
  const content = [{ placement: 'home-hero', content: 'Hello ${profile.loyalty.tier|"you"}' }];
  await put('Placement', 'id', { id: 'home-hero', name: 'Hero', contentType: 'HTML' });
  for (const [at, eligibility] of [
    { rule: 'loyalty.tier = "gold"' },
    { allOf: ['s1'] },
    { anyOf: ['s2', 's3'] },
    {},
  ].entries()) {
    const offer = { id: `O-${at}`, name: `Offer ${at}`, priority: 90 - at * 10, status: 'APPROVED', tags: ['all'] };
    await put('Offer', 'id', { ...offer, eligibility, representations: content });
  }
  await put('FallbackOffer', 'id', { id: 'O-DEFAULT', name: 'Default', representations: content });
  await put('Collection', 'id', { id: 'all', name: 'All', tags: ['all'] });
  const groups = [{ criteria: [{ collection: 'all' }] }];
  await put('DecisionPolicy', 'id', { id: 'hero', placement: 'home-hero', groups, fallback: 'O-DEFAULT' });
  const nowMs = Date.now();
  for (let from = 0; from < PROFILES; from += 250) {
    const people = Array.from({ length: 250 }, (_, at) => personOf(from + at, nowMs));
    await attune.ingestion.ingest('default', 'crm', people, nowMs);
    await attune.ingestion.ingest(
      'default',
      'web',
      people.map((_, at) => eventOf(from + at, nowMs)),
      nowMs,
    );
  }
  await attune.idle();
  await attune.close();
}

const identityMap = (index: number) => ({ CRMID: [{ id: `C-${index}` }] });

function personOf(index: number, nowMs: number): Record<string, unknown> {
  return {
    _id: `r-${index}`,
    timestamp: new Date(nowMs - 1_000).toISOString(),
    identityMap: identityMap(index),
    loyalty: { tier: ['gold', 'silver', 'none'][index % 3], points: (index * 37) % 1_000 },
    person: { name: { firstName: `First ${index}`, lastName: `Last ${index}` } },
    homeAddress: { country: `C${index % 7}`, city: `City ${index % 100}` },
  };
}

function eventOf(index: number, nowMs: number): Record<string, unknown> {
  const timestamp = new Date(nowMs - (index % 500) * 60_000).toISOString();
  return { _id: `e-${index}`, timestamp, eventType: `k${index % 5}`, identityMap: identityMap(index) };
}

/** One way to serve, with all processes that stand behind it. */
interface Contender {
  readonly name: string;
  readonly url: string;
  readonly processes: readonly ChildProcess[];
  readonly byHash: boolean;
  readonly rates: number[];
  readonly cpuMs: number[];
}

const children: ChildProcess[] = [];
/** What is measured runs as it is delivered: on nothing but Node. */
const PRODUCTION = { ...process.env, NODE_ENV: 'production' };

async function startPart(message: PartRequest): Promise<{ readonly child: ChildProcess; readonly ready: PartReady }> {
  const child = fork(join(__dirname, 'gateway-part.js'), { env: PRODUCTION });
  children.push(child);
  child.send(message);
  const [ready] = (await once(child, 'message')) as [PartReady];
  return { child, ready };
}

async function startPeer(message: object): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = fork(join('bench', 'peers', 'apollo-gateway.cjs'), { env: PRODUCTION });
  children.push(child);
  child.send(message);
  const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }];
  return { child, url };
}

async function startAll(seeded: string, folders: string): Promise<readonly Contender[]> {
  let copies = 0;
  const copy = (): string => {
    const folder = join(folders, `copy-${copies++}`);
    cpSync(seeded, folder, { recursive: true });
    return folder;
  };
  const contender = (name: string, url: string, processes: readonly ChildProcess[], byHash = false): Contender => ({
    ...{ name, url, processes, byHash, rates: [], cpuMs: [] },
  });
  const monolith = await startPart({ mode: 'monolith', folder: copy() });
  const persisted = await startPart({ mode: 'gateway', folder: copy() });
  const apollo = await startPart({ mode: 'gateway', folder: copy(), knownAfter: Number.MAX_SAFE_INTEGER });
  const subgraphs = await startPart({ mode: 'subgraphs', folder: copy() });
  const { urls, secret } = subgraphs.ready;
  const remote = await startPart({ mode: 'remote-gateway', folder: '', urls });
  const contenders = [
    contender('monolith, Apollo Server', monolith.ready.url, [monolith.child]),
    contender('gateway, persisted lane', persisted.ready.url, [persisted.child], true),
    contender('gateway, Apollo lane', apollo.ready.url, [apollo.child]),
    contender('gateway over HTTP subgraphs, persisted lane', remote.ready.url, [remote.child, subgraphs.child], true),
  ];
  if (existsSync(join('bench', 'peers', 'node_modules'))) {
    const peer = await startPeer({ supergraphSdl: persisted.ready.supergraphSdl, urls, secret });
    contenders.push(contender('Apollo Gateway over HTTP subgraphs', peer.url, [peer.child, subgraphs.child]));
  } else process.stdout.write('Apollo Gateway is left out: `npm ci --prefix bench/peers` installs it.\n');
  return contenders;
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return (user + system) / 1_000;
}

/** Asks for `ms`, and at least so often, `AT_ONCE` at a time; answers with how many were answered. */
async function load({ url, byHash }: Contender, ms: number, atLeast = 0): Promise<number> {
  const askers = await Promise.all(Array.from({ length: AT_ONCE }, () => openAsker(url)));
  const until = performance.now() + ms;
  let asked = 0;
  const work = async (asker: Asker): Promise<void> => {
    while (performance.now() < until || asked < atLeast) {
      const answer = await asker.ask((byHash ? BODIES_BY_HASH : BODIES)[asked++ % IDENTITIES] as string);
      if (answer.includes('"errors"') || !answer.includes('"reason"')) throw new Error(answer.toString());
    }
    asker.close();
  };
  await Promise.all(askers.map(work));
  return asked;
}

/** Makes the document known, and shows what is answered. */
async function register({ name, url, byHash }: Contender): Promise<void> {
  const extensions = { persistedQuery: { version: 1, sha256Hash: SHA256 } };
  const asker = await openAsker(url);
  const answer = await asker.ask(
    JSON.stringify({ query: QUERY, variables: variablesOf(0), ...(byHash && { extensions }) }),
  );
  process.stdout.write(
    `${name}: ${answer.length} bytes, ${createHash('sha256').update(withoutIds(answer)).digest('hex').slice(0, 8)}\n`,
  );
  asker.close();
}

/** An answer without what is new in each: the ids of its decisions. */
function withoutIds(answer: Buffer): string {
  const { data } = JSON.parse(answer.toString()) as { data: { profile: { decisions: { id?: string }[] } } };
  for (const decision of data.profile.decisions) delete decision.id;
  return JSON.stringify(data);
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

async function measureGateway(): Promise<void> {
  const folders = mkdtempSync(join(tmpdir(), 'attune-bench-gateway-'));
  const seeded = join(folders, 'seeded');
  try {
    await seed(seeded);
    const contenders = await startAll(seeded, folders);
    for (const contender of contenders) await register(contender);
    for (const contender of contenders) await load(contender, ROUND_MS, WARM_UP_REQUESTS);
    for (let round = 0; round < ROUNDS; round++) {
      for (const contender of contenders) await measureRound(contender);
    }
    report(contenders);
  } finally {
    for (const child of children) child.kill();
    rmSync(folders, { recursive: true });
  }
}

async function measureRound(contender: Contender): Promise<void> {
  const cpu = async () => (await Promise.all(contender.processes.map(cpuOf))).reduce((sum, ms) => sum + ms, 0);
  const before = await cpu();
  const begun = performance.now();
  const asked = await load(contender, ROUND_MS);
  contender.rates.push((asked * 1_000) / (performance.now() - begun));
  contender.cpuMs.push(((await cpu()) - before) / asked);
}

function report(contenders: readonly Contender[]): void {
  const [base] = contenders;
  if (!base) return;
  process.stdout.write(
    `\n| ${PROFILES} profiles, ${IDENTITIES} asked for | requests/s | × | CPU ms a request | × |\n|---|---|---|---|---|\n`,
  );
  for (const { name, rates, cpuMs } of contenders) {
    const ratio = (mine: readonly number[], theirs: readonly number[]) =>
      median(mine.map((value, round) => value / (theirs[round] ?? value))).toFixed(2);
    process.stdout.write(
      `| ${name} | ${Math.round(median(rates))} | ${ratio(rates, base.rates)} | ${median(cpuMs).toFixed(3)} | ${ratio(cpuMs, base.cpuMs)} |\n`,
    );
  }
}

void measureGateway();
