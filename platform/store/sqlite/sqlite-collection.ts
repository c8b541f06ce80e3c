import { setImmediate } from 'node:timers/promises';
import { isKey } from '../keys';
import type { Collection, CollectionSpec, Stored } from '../store';
import { toRangeSql, toRangesSql } from './range-sql';
import { HOLE_OF_LIMIT, type Statements } from './statements';
import { tableOf } from './tables';

// From so many on, one statement for all is cheaper than one for each.
const LIST = 8;

type Row = readonly [id: string, version: number, body: string];

/** The reads of one collection. */
export function createSqliteCollection<T>(spec: CollectionSpec, statements: Statements): Collection<T> {
  const table = tableOf(spec.name);
  const getOne = `SELECT id, version, body FROM ${table} WHERE sandbox = ? AND id = ?`;
  const getPage = `SELECT id, version, body FROM ${table} WHERE sandbox = ? AND id > ? ORDER BY id LIMIT ${HOLE_OF_LIMIT}`;
  const getPart = getPage.replace(' ORDER BY', ' AND id <= ? ORDER BY');
  // The list leads: each id is one step down the index.
  const getList = `SELECT t.id, version, body FROM json_each(?) AS asked CROSS JOIN ${table} AS t
    ON sandbox = ? AND t.id = asked.value`;
  const read = (sandbox: string, id: string): Stored<T> | undefined => {
    const row = statements.of(getOne).get(sandbox, id) as Row | undefined;
    return row && isKey(id) ? toStored(row) : undefined;
  };
  return {
    name: spec.name,
    get: async (sandbox, id) => read(sandbox, id),
    async getMany(sandbox, ids) {
      if (ids.length < LIST) return ids.map((id) => read(sandbox, id));
      const rows = statements.of(getList).all(JSON.stringify(ids.filter(isKey)), sandbox) as Row[];
      const found = new Map(rows.map((row) => [row[0], toStored<T>(row)]));
      return ids.map((id) => found.get(id));
    },
    async range(sandbox, query) {
      const { sql, values } = toRangeSql(spec, sandbox, query, 'id, version, body');
      return (statements.of(sql).all(...values) as Row[]).map(toStored<T>);
    },
    async ranges(sandbox, index, values) {
      const sql = toRangesSql(spec, index, 't.id, version, body');
      const found = values.map((): Stored<T>[] => []);
      const rows = statements.of(sql).all(JSON.stringify(values), sandbox) as (readonly [number, ...Row])[];
      for (const [place, ...row] of rows) found[place]?.push(toStored<T>(row));
      return found;
    },
    async count(sandbox, query) {
      const { sql, values } = toRangeSql(spec, sandbox, query, '1');
      return (statements.of(`SELECT count(*) FROM (${sql})`).get(...values) as [number])[0];
    },
    async scan(sandbox, { after = '', upTo, limit }) {
      // Long walks page by page: let the rest of the process have its turn between them.
      await setImmediate();
      const rows =
        upTo === undefined
          ? statements.of(getPage).all(sandbox, after, limit)
          : statements.of(getPart).all(sandbox, after, upTo, limit);
      return (rows as Row[]).map(toStored<T>);
    },
  };
}

function toStored<T>([id, version, body]: Row): Stored<T> {
  return { id, version, value: JSON.parse(body) as T };
}
