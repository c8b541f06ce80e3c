import { conflictOn } from '../conflict';
import { fieldsOf } from '../keys';
import type { CollectionSpec, IndexValue } from '../store';
import { ANY, NONE, type PackedWrite } from './packed-commit';
import type { Statements } from './statements';
import { columnOf, tableOf } from './tables';

/** Writes one document inside the open transaction. Fails with CONFLICT when an expectation does not hold. */
export type DocumentWriter = (sandbox: string, write: PackedWrite) => void;

const UNIQUE = 2067;
const PRIMARY_KEY = 1555;

/** The writer of one collection. */
export function createDocumentWriter(spec: CollectionSpec, statements: Statements): DocumentWriter {
  const sql = sqlOf(spec.name, fieldsOf(spec.indexes).map(columnOf));
  const run = (text: string, ...values: (IndexValue | null)[]): number =>
    Number(statements.of(text).run(...values).changes);
  const find = (sandbox: string, id: string) =>
    statements.of(sql.find).get(sandbox, id) as readonly [version: number, ...(IndexValue | null)[]] | undefined;

  const put = (sandbox: string, id: string, expected: number, body: string, fields: (IndexValue | null)[]): number => {
    if (expected === NONE) return run(sql.insert, sandbox, id, body, ...fields);
    if (expected !== ANY) {
      // Most puts find what they expect, and leave the indexed fields as they are: one statement for those.
      const changes = run(sql.updateExpected, body, sandbox, id, expected, ...fields);
      if (changes > 0) return changes;
    }
    const found = find(sandbox, id);
    if (expected !== ANY && expected !== found?.[0]) return 0;
    if (!found) return run(sql.insert, sandbox, id, body, ...fields);
    // An index whose fields are set is written anew even where they stay the same: a page each, for nothing.
    return fields.every((value, at) => value === found[at + 1])
      ? run(sql.updateBody, body, sandbox, id)
      : run(sql.update, body, ...fields, sandbox, id);
  };
  const remove = (sandbox: string, id: string, expected: number): number => {
    if (expected === ANY) return run(sql.remove, sandbox, id) + 1;
    if (expected === NONE) return find(sandbox, id) ? 0 : 1;
    return run(sql.removeExpected, sandbox, id, expected);
  };

  return (sandbox, [collection, id, expected, body, ...fields]) => {
    let changes: number;
    try {
      changes = body === null ? remove(sandbox, id, expected) : put(sandbox, id, expected, body, fields);
    } catch (error) {
      throw isUniqueness(error) ? conflictOn(collection, id, error) : error;
    }
    if (changes === 0) throw conflictOn(collection, id);
  };
}

function sqlOf(collection: string, columns: readonly string[]) {
  const table = tableOf(collection);
  const names = ['sandbox', 'id', 'version', 'body', ...columns].join(', ');
  const holes = ['?', '?', '1', '?', ...columns.map(() => '?')].join(', ');
  const fields = columns.map((column) => `, ${column} = ?`).join('');
  const same = columns.map((column) => ` AND ${column} IS ?`).join('');
  const one = 'WHERE sandbox = ? AND id = ?';
  return {
    find: `SELECT ${['version', ...columns].join(', ')} FROM ${table} ${one}`,
    insert: `INSERT INTO ${table} (${names}) VALUES (${holes})`,
    update: `UPDATE ${table} SET version = version + 1, body = ?${fields} ${one}`,
    updateExpected: `UPDATE ${table} SET version = version + 1, body = ? ${one} AND version = ?${same}`,
    updateBody: `UPDATE ${table} SET version = version + 1, body = ? ${one}`,
    remove: `DELETE FROM ${table} ${one}`,
    removeExpected: `DELETE FROM ${table} ${one} AND version = ?`,
  };
}

function isUniqueness(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code === UNIQUE || code === PRIMARY_KEY;
}
