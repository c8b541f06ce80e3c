import type { Bound, CollectionSpec, IndexSpec, IndexValue, RangeQuery } from '../store';
import { HOLE_OF_LIMIT } from './statements';
import { columnOf, indexNameOf, tableOf } from './tables';

/** A statement with its values. */
export interface RangeSql {
  readonly sql: string;
  readonly values: readonly IndexValue[];
}

/** The statement that walks an index as `query` asks, selecting `columns`. */
export function toRangeSql(spec: CollectionSpec, sandbox: string, query: RangeQuery, columns: string): RangeSql {
  const index = indexOf(spec, query.index);
  const fields = index.fields.map(columnOf);
  const prefix = query.prefix ?? [];
  const open = [...fields.slice(prefix.length), 'id'];
  const conditions = ['sandbox = ?', ...prefix.map((_, at) => `${fields[at]} = ?`)];
  const values: IndexValue[] = [sandbox, ...prefix];
  addBound(conditions, values, open, query.lower, '>');
  addBound(conditions, values, open, query.upper, '<');
  for (const column of fields.slice(prefix.length)) conditions.push(`${column} IS NOT NULL`);
  values.push(query.limit);
  const from = `${tableOf(spec.name)} INDEXED BY ${indexNameOf(spec.name, index.name)}`;
  const sql = `SELECT ${columns} FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY ${orderOf(index, open, query)} LIMIT ${HOLE_OF_LIMIT}`;
  return { sql, values };
}

/** The statement that walks an index for each of a list of values of its first field: the value's place comes first. */
export function toRangesSql(spec: CollectionSpec, name: string, columns: string): string {
  const index = indexOf(spec, name);
  const [first = '', ...rest] = index.fields.map(columnOf);
  const present = rest.map((column) => ` AND ${column} IS NOT NULL`).join('');
  const from = `${tableOf(spec.name)} AS t INDEXED BY ${indexNameOf(spec.name, index.name)}`;
  // The list leads, and each of its values is one walk along the index.
  return `SELECT asked.key, ${columns} FROM json_each(?) AS asked CROSS JOIN ${from}
    ON sandbox = ? AND ${first} = asked.value${present}`;
}

function indexOf(spec: CollectionSpec, name: string): IndexSpec {
  const index = spec.indexes.find((each) => each.name === name);
  if (!index) throw new Error(`The collection ${spec.name} declares no index ${name}.`);
  return index;
}

function addBound(
  conditions: string[],
  values: IndexValue[],
  open: readonly string[],
  bound: Bound | undefined,
  sign: '<' | '>',
): void {
  if (!bound || bound.values.length === 0) return;
  const columns = open.slice(0, bound.values.length);
  const compare = bound.inclusive ? `${sign}=` : sign;
  const holes = columns.map(() => '?');
  conditions.push(
    columns.length === 1 ? `${columns[0]} ${compare} ?` : `(${columns.join(', ')}) ${compare} (${holes.join(', ')})`,
  );
  values.push(...bound.values.slice(0, columns.length));
}

// A unique index has no ties to break, and does not hold the id.
function orderOf(index: IndexSpec, open: readonly string[], query: RangeQuery): string {
  const columns = index.unique && open.length > 1 ? open.slice(0, -1) : open;
  return columns.map((column) => `${column} ${query.reverse ? 'DESC' : 'ASC'}`).join(', ');
}
