import { createHash } from 'node:crypto';
import type { Dataset } from './dataset';
import { type Item, itemKey } from './item';
import { ItemFault, limitFault } from './item-fault';
import {
  type Belonging,
  type IdentityRules,
  parseIdentityFields,
  parseIdentityMap,
  type SentIdentity,
  toBelonging,
} from './parse-identities';
import { parseTimestamp } from './timestamp';

type Fields = Readonly<Record<string, unknown>>;

/** A dataset ready to check items of. */
export interface DatasetInUse extends Dataset {
  readonly id: string;
  /** The first place where an item does not meet the schema. */
  readonly findFault?: (data: Fields) => { readonly path: string; readonly message: string } | undefined;
}

/** What items of one call are checked with. */
export interface ItemRules extends IdentityRules {
  readonly dataset: DatasetInUse;
  /** The identities of the call itself, which hold for each of its items. */
  readonly shared: readonly SentIdentity[];
  /** The time of what brings none of its own: grows with every call. */
  readonly nextArrivalMs: () => number;
  /** Fails with an ItemFault when who calls may not name this identity. */
  readonly checkIdentity?: (identity: SentIdentity) => void;
}

const UNKEEPABLE = /[\0\p{Surrogate}]/u;

/** The item that `body` is. Fails with an ItemFault that says what is wrong and where. */
export function parseItem(body: unknown, rules: ItemRules): Item {
  const data = toObject(body);
  const json = toJson(data);
  const { dataset, limits } = rules;
  const event = dataset.kind === 'EVENTS';
  const limit = event ? 'eventBytes' : 'recordBytes';
  if (json.length > limits[limit] / 4) checkSize(json, limit, limits[limit]);
  if (mayBeDeep(json, limits.nestingDepth)) checkDepth(data, limits.nestingDepth);
  const id = event || data._id !== undefined ? toId(data._id, limits.idCharacters, event) : undefined;
  const atMs = event ? eventTime(data.timestamp) : recordTime(data.timestamp, rules);
  const fault = dataset.findFault?.(data);
  if (fault) throw new ItemFault('SCHEMA', fault.path, fault.message);
  const kind = event ? 'EVENT' : 'RECORD';
  const content = event ? '' : contentId(id, json, data, atMs);
  return {
    kind,
    dataset: dataset.id,
    id: id ?? content,
    key: itemKey(dataset.id, event || id === undefined ? (id ?? content) : `${id}~${content}`),
    atMs,
    enabled: dataset.profileEnabled,
    ...belongingOf(data, rules),
    data,
    json,
  };
}

/** The id that an item calls itself, for answers about items that are refused. */
export function idOf(body: unknown): string | undefined {
  const id = typeof body === 'object' && body !== null ? (body as Fields)._id : undefined;
  return typeof id === 'string' ? id : undefined;
}

function belongingOf(data: Fields, rules: ItemRules): Belonging {
  const fields = rules.dataset.identities;
  const own = parseIdentityMap(data.identityMap, rules, 'identityMap');
  const sent = [...own, ...(fields.length > 0 ? parseIdentityFields(data, fields, rules) : []), ...rules.shared];
  if (rules.checkIdentity) sent.forEach(rules.checkIdentity);
  return toBelonging(sent, rules);
}

function toObject(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  throw new ItemFault('MALFORMED', '', 'An item is a JSON object.');
}

function toJson(data: Fields): string {
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw new ItemFault('MALFORMED', '', `The item cannot be written as JSON: ${(error as Error).message}.`);
  }
}

function checkSize(json: string, limit: string, allowed: number): void {
  const bytes = Buffer.byteLength(json);
  if (bytes > allowed) throw limitFault(limit, '', allowed, `${bytes} bytes`);
}

// Nothing can be nested deeper than there are brackets.
function mayBeDeep(json: string, allowed: number): boolean {
  let left = allowed;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if ((code === OBJECT || code === LIST) && --left < 0) return true;
  }
  return false;
}

const OBJECT = 0x7b;
const LIST = 0x5b;

function checkDepth(value: unknown, left: number, allowed = left): void {
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) throw limitFault('nestingDepth', '', allowed, 'deeper nesting');
  for (const inner of Object.values(value)) checkDepth(inner, left - 1, allowed);
}

function toId(id: unknown, most: number, needed: boolean): string | undefined {
  if (id === null && !needed) return undefined;
  if (typeof id !== 'string' || id === '') {
    throw new ItemFault('INVALID_ID', '_id', 'An `_id` is text that is not empty, unique within its dataset.');
  }
  if (id.length > most) throw limitFault('idCharacters', '_id', most, `${id.length} characters`);
  if (UNKEEPABLE.test(id)) throw new ItemFault('INVALID_ID', '_id', 'An `_id` is plain text without U+0000.');
  return id;
}

function eventTime(timestamp: unknown): number {
  const atMs = typeof timestamp === 'string' ? parseTimestamp(timestamp) : undefined;
  if (atMs !== undefined) return atMs;
  const received = timestamp === undefined ? 'nothing' : JSON.stringify(timestamp);
  throw new ItemFault('INVALID_TIMESTAMP', 'timestamp', `A timestamp is ISO 8601 text; received ${received}.`);
}

function recordTime(timestamp: unknown, rules: ItemRules): number {
  return timestamp === undefined || timestamp === null ? rules.nextArrivalMs() : eventTime(timestamp);
}

// The same record sent again is the same item; what changed under the same id is a new one. A record that brings neither
// id nor time says something anew each time.
function contentId(id: string | undefined, json: string, data: Fields, atMs: number): string {
  const timed = id !== undefined || typeof data.timestamp === 'string';
  const text = timed ? json : `${json}@${atMs}`;
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
