import type { Db } from 'mongodb';
import { isKey } from '../keys';
import type { Collection, CollectionSpec, RangeQuery, Stored } from '../store';
import { groupBy } from './group-by';
import { indexOf, toRangeBounds } from './range-bounds';
import { reaching } from './reaching';
import { endOf, fieldKey, type Row, rowId, rowsOf, toStored } from './rows';

type ReadRow = Pick<Row, 'k' | 'v' | 'b'>;

const READ = { _id: 0, k: 1, v: 1, b: 1 } as const;

/** The reads of one collection. */
export function createMongoCollection<T>(database: Db, spec: CollectionSpec): Collection<T> {
  const rows = rowsOf(database, spec.name);
  const walk = async (sandbox: string, query: RangeQuery, projection: object): Promise<readonly Row[]> => {
    const bounds = toRangeBounds(spec, sandbox, query);
    if (!bounds || query.limit <= 0) return [];
    return reaching(rows.find({}, { ...bounds, hint: query.index, limit: query.limit, projection }).toArray());
  };
  return {
    name: spec.name,
    async get(sandbox, id) {
      if (!isKey(id)) return undefined;
      const row = await reaching(rows.findOne<ReadRow>({ _id: rowId(sandbox, id) }, { projection: READ }));
      return row ? toStored<T>(row) : undefined;
    },
    async getMany(sandbox, ids) {
      if (ids.length === 0) return [];
      const keys = ids.filter(isKey).map((id) => rowId(sandbox, id));
      const found = await reaching(
        rows
          .find({ _id: { $in: keys } })
          .project<ReadRow>(READ)
          .toArray(),
      );
      const byId = new Map<string, Stored<T>>(found.map((row) => [row.k, toStored<T>(row)]));
      return ids.map((id) => byId.get(id));
    },
    range: async (sandbox, query) => (await walk(sandbox, query, READ)).map(toStored<T>),
    async ranges(sandbox, name, values) {
      const index = indexOf(spec, name);
      const [field = fieldKey(''), ...rest] = index.fields.map(fieldKey);
      const present = Object.fromEntries(rest.map((key) => [key, { $exists: true }]));
      const filter = { s: sandbox, [field]: { $in: [...values] }, ...present };
      const sort = Object.fromEntries([field, ...rest, 'k'].map((key) => [key, 1 as const]));
      const found = rows.find(filter, { hint: name, sort }).project<Row>({ ...READ, [field]: 1 });
      const byValue = groupBy(await reaching(found.toArray()), (row) => row[field]);
      return values.map((value) => (byValue.get(value) ?? []).map(toStored<T>));
    },
    count: async (sandbox, query) => (await walk(sandbox, query, { _id: 0, k: 1 })).length,
    async scan(sandbox, { after = '', upTo, limit }) {
      if (limit <= 0) return [];
      const end = upTo === undefined ? { $lt: endOf(sandbox) } : { $lte: rowId(sandbox, upTo) };
      const between = { _id: { $gt: rowId(sandbox, after), ...end } };
      const page = rows.find(between, { sort: { _id: 1 }, limit }).project<ReadRow>(READ);
      return (await reaching(page.toArray())).map(toStored<T>);
    },
  };
}
