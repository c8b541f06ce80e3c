import type { IngestAnswer } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import type { Store, Write } from '../../../platform/store/store';
import type { CheckedIntake } from '../domain/checked-intake';
import { ecidOf, newEcid, type RandomBytes } from '../domain/ecid';
import { type ConsentStatement, type Item, itemKey, namesOf } from '../domain/item';
import { ItemFault } from '../domain/item-fault';
import type { Limits } from '../domain/limits';
import { type Belonging, parseIdentityMap, type SentIdentity, toBelonging } from '../domain/parse-identities';
import { requestsSpec } from '../store/collections';
import type { ProfileConfiguration, ProfileSettings } from '../store/profile-configuration';
import type { BatchMoves } from './batch-moves';
import { type IngestItems, itemsOf } from './ingest';
import type { ItemOutcome, Pipeline } from './pipeline';

type Fields = Readonly<Record<string, unknown>>;

/** What a page saw. */
export interface Collection {
  readonly sandbox: string;
  readonly nowMs: number;
  readonly requestId?: string;
  readonly dataset: string;
  readonly recordDataset: string;
  readonly identityMap?: unknown;
  readonly events: readonly unknown[];
  readonly records: readonly unknown[];
  readonly consents: readonly ConsentStatement[];
  /** True when it came from a browser: only into public datasets, and no records. */
  readonly fromBrowser: boolean;
  /** Fails with an ItemFault when the caller may not name this identity. */
  readonly checkIdentity?: (identity: SentIdentity) => void;
}

/** The answer to it: kept under the request's id, so that the same request has the same answer. */
export interface Collected {
  /** Events, then records, in the order given. */
  readonly answers: readonly IngestAnswer[];
  /** Set when the request was given one (P-16). */
  readonly ecid?: string;
  readonly profileId?: string;
  /** The browser's own identity, where the request has one. */
  readonly browser?: string;
}

export interface CollectDependencies {
  readonly store: Store;
  readonly pipeline: Pipeline;
  readonly items: IngestItems;
  readonly configuration: ProfileConfiguration;
  readonly limits: Limits;
  readonly ids: Ids;
  readonly random: RandomBytes;
  readonly moves: BatchMoves;
}

export type Collect = (collection: Collection) => Promise<Collected>;

/** Records what a page saw, in one commit, and says whose it is. A repeated request is answered as the first time (D-7). */
export function createCollect(dependencies: CollectDependencies): Collect {
  const requests = dependencies.store.collection<Collected>(requestsSpec.name);
  const underWay = new Map<string, Promise<Collected>>();

  const once = async (collection: Collection, requestId: string): Promise<Collected> => {
    const { sandbox } = collection;
    const known = await requests.get(sandbox, requestId);
    if (known) return known.value;
    try {
      return await collectNow(dependencies, collection);
    } catch (error) {
      // Another process may have answered the same request meanwhile.
      const answered = await requests.get(sandbox, requestId);
      if (answered) return answered.value;
      throw error;
    }
  };

  return (collection) => {
    const { sandbox, requestId } = collection;
    if (requestId === undefined) return collectNow(dependencies, collection);
    const key = `${sandbox}|${requestId}`;
    const running = underWay.get(key);
    if (running) return running;
    const answer = once(collection, requestId).finally(() => underWay.delete(key));
    underWay.set(key, answer);
    return answer;
  };
}

async function collectNow(dependencies: CollectDependencies, collection: Collection): Promise<Collected> {
  const { items, pipeline, configuration, ids } = dependencies;
  const { sandbox, nowMs, requestId } = collection;
  const settings = await configuration.settings(sandbox);
  const named = identify(dependencies, collection, settings);
  const visit = requestId ?? ids.next();
  const intakes = await checkAll(items, collection, named.shared, settings);
  const sound = intakes.flatMap(itemsOf);
  const belonging = named.belonging ?? sound[0];
  if (settings.moves.length > 0) {
    const own = named.belonging?.identities.map(({ key }) => key) ?? [];
    await dependencies.moves.settle(sandbox, [...own, ...namesOf(sound)]);
  }
  if (collection.consents.length > 0 && belonging) {
    const consent = toItem('CONSENT', visit, collection, belonging);
    await pipeline.submit(sandbox, { items: [{ ...consent, consents: collection.consents }] });
  }
  // With nothing else to tell of it, the visit itself is what was seen.
  const sighting = sound.length === 0 && belonging ? [toItem('SIGHTING', visit, collection, belonging)] : [];
  const toAnswer = (outcomes: readonly ItemOutcome[]): Collected => ({
    answers: answerAll(items, intakes, outcomes),
    ...(named.ecid ? { ecid: named.ecid } : {}),
    ...profileOf(outcomes),
    ...(named.browser ? { browser: named.browser } : {}),
  });
  const also = (outcomes: readonly ItemOutcome[]): readonly Write[] => [
    ...failAll(items, sandbox, intakes, outcomes, nowMs),
    ...(requestId === undefined ? [] : [requestWrite(requestId, toAnswer(outcomes), nowMs)]),
  ];
  return toAnswer(await pipeline.submit(sandbox, { items: [...sound, ...sighting], also }));
}

function profileOf(outcomes: readonly ItemOutcome[]): { readonly profileId?: string } {
  const known = outcomes.find(({ profileId }) => profileId !== undefined)?.profileId;
  return known === undefined ? {} : { profileId: known };
}

function requestWrite(requestId: string, answer: Collected, nowMs: number): Write {
  const value = { ...answer, atMs: nowMs };
  return { kind: 'put', collection: requestsSpec.name, id: requestId, value, expected: null };
}

interface Named {
  readonly shared: readonly SentIdentity[];
  /** Absent when only the items themselves say whose they are. */
  readonly belonging?: Belonging;
  readonly ecid?: string;
  readonly browser?: string;
}

function identify(
  { limits, random }: CollectDependencies,
  { sandbox, identityMap, checkIdentity, events, records }: Collection,
  { namespaces }: ProfileSettings,
): Named {
  const rules = { namespaces, limits };
  try {
    const { FPID: first, ...map } = (isFields(identityMap) ? identityMap : {}) as Fields;
    const sent = [...parseIdentityMap(isFields(identityMap) ? map : identityMap, rules, 'identityMap')];
    for (const identity of sent) checkIdentity?.(identity);
    const fpid = sent.some(({ namespace }) => namespace === 'ECID') ? undefined : firstPartyId(first);
    const anonymous = sent.length === 0 && fpid === undefined && ![...events, ...records].some(namesSomebody);
    const ecid = fpid !== undefined ? ecidOf(sandbox, fpid) : anonymous ? newEcid(random) : undefined;
    if (ecid) sent.push(...parseIdentityMap({ ECID: [{ id: ecid }] }, rules, 'identityMap'));
    const browser = sent.find(({ namespace }) => namespace === 'ECID')?.key;
    return {
      shared: sent,
      ...(sent.length > 0 ? { belonging: toBelonging(sent, rules) } : {}),
      ...(ecid ? { ecid } : {}),
      ...(browser ? { browser } : {}),
    };
  } catch (error) {
    if (!(error instanceof ItemFault)) throw error;
    const code = error.code === 'PROOF_REQUIRED' || error.code === 'FORBIDDEN' ? 'FORBIDDEN' : 'BAD_USER_INPUT';
    throw new AppError(code, `${error.path}: ${error.message}`, { details: { path: error.path, reason: error.code } });
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function namesSomebody(body: unknown): boolean {
  const map = isFields(body) ? body.identityMap : undefined;
  return isFields(map) && Object.keys(map).length > 0;
}

function firstPartyId(entry: unknown): string | undefined {
  if (entry === undefined || entry === null) return undefined;
  const id = Array.isArray(entry) && isFields(entry[0]) ? entry[0].id : undefined;
  if (typeof id === 'string' && id.trim() !== '' && id.length <= 1024) return id;
  throw new ItemFault(
    'INVALID_IDENTITY',
    'identityMap.FPID[0].id',
    'A first-party id is text of up to 1,024 characters.',
  );
}

function toItem(kind: 'CONSENT' | 'SIGHTING', id: string, collection: Collection, belonging: Belonging): Item {
  const { dataset, nowMs } = collection;
  const { owner, identities, links } = belonging;
  const whose = { owner, identities, links };
  return { kind, dataset, id, key: itemKey(dataset, id), atMs: nowMs, enabled: true, ...whose, data: {}, json: '{}' };
}

async function checkAll(
  items: IngestItems,
  collection: Collection,
  shared: readonly SentIdentity[],
  settings: ProfileSettings,
): Promise<readonly CheckedIntake[]> {
  const { sandbox, nowMs, events, records, fromBrowser, checkIdentity } = collection;
  const intake = { sandbox, nowMs, shared, ...(checkIdentity ? { checkIdentity } : {}) };
  const parts = [
    { ...intake, dataset: collection.dataset, kind: 'EVENTS', bodies: events },
    { ...intake, dataset: collection.recordDataset, kind: 'RECORDS', bodies: records },
  ] as const;
  if (fromBrowser && records.length > 0) throw forbidden('Records cannot be sent with a public key.', 'records');
  return Promise.all(
    parts
      .filter(({ bodies }) => bodies.length > 0)
      .map(async (part) => {
        const checked = await items.check(part, settings);
        if (fromBrowser && !checked.dataset.public) {
          throw forbidden(`The dataset ${part.dataset} is not open to public keys.`, 'dataset');
        }
        return checked;
      }),
  );
}

function forbidden(message: string, path: string): AppError {
  return new AppError('FORBIDDEN', message, { details: { path } });
}

function answerAll(items: IngestItems, intakes: readonly CheckedIntake[], outcomes: readonly ItemOutcome[]) {
  return eachPart(intakes, outcomes).flatMap(([intake, own]) => items.answers(intake, own));
}

function failAll(
  items: IngestItems,
  sandbox: string,
  intakes: readonly CheckedIntake[],
  outcomes: readonly ItemOutcome[],
  nowMs: number,
): readonly Write[] {
  return eachPart(intakes, outcomes).flatMap(([intake, own]) => items.failures(sandbox, intake, own, nowMs));
}

function eachPart(intakes: readonly CheckedIntake[], outcomes: readonly ItemOutcome[]) {
  let start = 0;
  return intakes.map((intake) => {
    const count = itemsOf(intake).length;
    const own = outcomes.slice(start, start + count);
    start += count;
    return [intake, own] as const;
  });
}
