import type { Db, Collection as MongoRows } from 'mongodb';
import { fieldsOf, toIndexValue } from '../keys';
import type { CollectionSpec, IndexSpec, IndexValue, Stored } from '../store';

/**
 * A document as MongoDB keeps it. The body is text, so that keys with dots and dollars are safe and both engines give
 * back the same. `_id` begins with the sandbox: the key to shard by.
 */
export interface Row {
  readonly _id: string;
  /** Sandbox, own id, version, body. */
  readonly s: string;
  readonly k: string;
  readonly v: number;
  readonly b: string;
  readonly [field: `f_${string}`]: IndexValue;
}

export type Rows = MongoRows<Row>;

/** The rows of a collection. */
export function rowsOf(database: Db, collection: string): Rows {
  return database.collection<Row>(`c_${collection}`);
}

/** The `_id` of a document. Sandboxes have no `|`. */
export function rowId(sandbox: string, id: string): string {
  return `${sandbox}|${id}`;
}

/** Just after every `_id` of the sandbox: `}` follows `|`. */
export function endOf(sandbox: string): string {
  return `${sandbox}}`;
}

/** The key of a field that is indexed. */
export function fieldKey(field: string): `f_${string}` {
  return `f_${field}`;
}

/** What the indexed fields of `value` hold; `absent` are the keys that it lacks. */
export function toFields(
  value: object,
  fields: readonly string[],
): { set: Record<string, IndexValue>; absent: string[] } {
  const document = value as Readonly<Record<string, unknown>>;
  const set: Record<string, IndexValue> = {};
  const absent: string[] = [];
  for (const field of fields) {
    const held = toIndexValue(document[field]);
    if (held === null) absent.push(fieldKey(field));
    else set[fieldKey(field)] = held;
  }
  return { set, absent };
}

/** A row as its reader wants it. */
export function toStored<T>({ k, v, b }: Pick<Row, 'k' | 'v' | 'b'>): Stored<T> {
  return { id: k, version: v, value: JSON.parse(b) as T };
}

interface OwnIndex {
  readonly name: string;
  readonly key: Record<string, 1>;
  readonly unique: boolean;
}

// What must be unique has two indexes: ranges need the id as the last key, uniqueness must be without it.
function toOwnIndexes({ name, fields, unique }: IndexSpec): readonly OwnIndex[] {
  const keys = ['s', ...fields.map(fieldKey)];
  const toKey = (names: readonly string[]): Record<string, 1> => Object.fromEntries(names.map((each) => [each, 1]));
  const walked = { name, key: toKey([...keys, 'k']), unique: false };
  return unique ? [walked, { name: `${name}_unique`, key: toKey(keys), unique: true }] : [walked];
}

/** Brings the indexes to what `spec` declares, filling fields that were not indexed before. */
export async function prepareRows(database: Db, spec: CollectionSpec): Promise<void> {
  const rows = rowsOf(database, spec.name);
  await prepareCollection(database, rows.collectionName);
  const existing = (await rows.indexes()).filter(({ name }) => name !== '_id_');
  const covered = new Set(existing.flatMap((index) => Object.keys(index.key)));
  const uncovered = fieldsOf(spec.indexes).filter((field) => !covered.has(fieldKey(field)));
  await fillFields(rows, uncovered);
  const wanted = new Map(spec.indexes.flatMap(toOwnIndexes).map((index) => [index.name, index]));
  for (const { name = '', key, unique = false } of existing) {
    const same = JSON.stringify([key, unique]) === JSON.stringify([wanted.get(name)?.key, wanted.get(name)?.unique]);
    if (same) wanted.delete(name);
    else await rows.dropIndex(name);
  }
  const missing = [...wanted.values()].map((index) => ({ ...index, partialFilterExpression: presenceOf(index.key) }));
  if (missing.length > 0) await rows.createIndexes(missing);
}

const NAMESPACE_EXISTS = 48;

/** Makes a collection unless it is there: inside transactions that could fail. */
export async function prepareCollection(database: Db, name: string): Promise<void> {
  await database.createCollection(name).catch((error: { code?: number }) => {
    if (error.code !== NAMESPACE_EXISTS) throw error;
  });
}

function presenceOf(key: object): Record<string, { $exists: true }> {
  const fields = Object.keys(key).filter((name) => name.startsWith('f_'));
  return Object.fromEntries(fields.map((name) => [name, { $exists: true }]));
}

async function fillFields(rows: Rows, fields: readonly string[]): Promise<void> {
  if (fields.length === 0) return;
  for await (const row of rows.find()) {
    const { set } = toFields(JSON.parse(row.b), fields);
    if (Object.keys(set).length > 0) await rows.updateOne({ _id: row._id, v: row.v }, { $set: set });
  }
}
