import { conflictOn } from '../conflict';
import { fieldsOf, toIndexValue } from '../keys';
import type { CollectionSpec, IndexValue, Write } from '../store';
import type { Statements } from './statements';
import { columnOf, tableOf } from './tables';

/** Writes one document inside the open transaction. Fails with CONFLICT when an expectation does not hold. */
export type DocumentWriter = (sandbox: string, write: Write) => void;

type Put = Extract<Write, { kind: 'put' }>;

const UNIQUE = 2067;
const PRIMARY_KEY = 1555;

/** The writer of one collection. */
export function createDocumentWriter(spec: CollectionSpec, statements: Statements): DocumentWriter {
  const fields = fieldsOf(spec.indexes);
  const sql = sqlOf(spec.name, fields.map(columnOf));
  const run = (text: string, ...values: (IndexValue | null)[]): number =>
    Number(statements.of(text).run(...values).changes);

  const replace = (sandbox: string, write: Put, body: string, found: readonly unknown[] | undefined): number => {
    const values = valuesOf(write.value, fields);
    if (!found) return run(sql.insert, sandbox, write.id, body, ...values);
    // An index whose fields are set is written anew even where they stay the same: a page each, for nothing.
    return values.every((value, at) => value === found[at + 1])
      ? run(sql.updateBody, body, sandbox, write.id)
      : run(sql.update, body, ...values, sandbox, write.id);
  };
  const put = (sandbox: string, write: Put): number => {
    const body = write.json ?? JSON.stringify(write.value);
    if (write.expected === null) return replace(sandbox, write, body, undefined);
    if (write.expected !== undefined) {
      // Most puts find what they expect, and leave the indexed fields as they are: one statement for those.
      const changes = run(
        sql.updateExpected,
        body,
        sandbox,
        write.id,
        write.expected,
        ...valuesOf(write.value, fields),
      );
      if (changes > 0) return changes;
    }
    const found = statements.of(sql.find).get(sandbox, write.id) as readonly unknown[] | undefined;
    if (write.expected !== undefined && write.expected !== found?.[0]) return 0;
    return replace(sandbox, write, body, found);
  };
  const remove = (sandbox: string, { id, expected }: Write): number => {
    if (expected === undefined) return run(sql.remove, sandbox, id) + 1;
    if (expected === null) return statements.of(sql.find).get(sandbox, id) ? 0 : 1;
    return run(sql.removeExpected, sandbox, id, expected);
  };

  return (sandbox, write) => {
    let changes: number;
    try {
      changes = write.kind === 'put' ? put(sandbox, write) : remove(sandbox, write);
    } catch (error) {
      throw isUniqueness(error) ? conflictOn(spec.name, write.id, error) : error;
    }
    if (changes === 0) throw conflictOn(spec.name, write.id);
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

function valuesOf(value: object, fields: readonly string[]): (IndexValue | null)[] {
  const document = value as Readonly<Record<string, unknown>>;
  return fields.map((field) => toIndexValue(document[field]));
}

function isUniqueness(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code === UNIQUE || code === PRIMARY_KEY;
}
