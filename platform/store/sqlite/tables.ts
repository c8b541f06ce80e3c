import { fieldsOf } from '../keys';
import type { CollectionSpec, IndexSpec } from '../store';
import type { Database } from './database';

/** `text` as an SQL name. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** The column that keeps an indexed field. */
export function columnOf(field: string): string {
  return quoted(`f_${field}`);
}

/** The table of a collection. */
export function tableOf(collection: string): string {
  return quoted(`c_${collection}`);
}

/** The SQL name of an index. */
export function indexNameOf(collection: string, index: string): string {
  return quoted(`i_${collection}_${index}`);
}

/** Brings the tables to what `specs` declare: makes what is missing, fills new fields, drops indexes no longer declared. */
export function prepareTables(database: Database, specs: readonly CollectionSpec[]): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const spec of specs) prepareTable(database, spec);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function prepareTable(database: Database, spec: CollectionSpec): void {
  const table = tableOf(spec.name);
  const columns = fieldsOf(spec.indexes).map(columnOf);
  // Columns of fields have no type, so that text stays text and numbers stay numbers.
  const all = ['sandbox TEXT', 'id TEXT', 'version INTEGER', 'body TEXT', ...columns, 'PRIMARY KEY (sandbox, id)'];
  // With rowids new rows lie side by side, whatever their ids: a tenth of the pages that clustering by id would touch.
  database.exec(`CREATE TABLE IF NOT EXISTS ${table} (${all.join(', ')})`);
  addMissingColumns(database, spec);
  prepareIndexes(database, spec);
}

function addMissingColumns(database: Database, spec: CollectionSpec): void {
  const table = tableOf(spec.name);
  const known = new Set(
    database
      .prepare(`PRAGMA table_info(${table})`)
      .all()
      .map((row) => quoted(row.name)),
  );
  for (const field of fieldsOf(spec.indexes)) {
    const column = columnOf(field);
    if (known.has(column)) continue;
    const path = `$.${JSON.stringify(field)}`;
    database.exec(`ALTER TABLE ${table} ADD COLUMN ${column}`);
    database
      .prepare(
        `UPDATE ${table} SET ${column} = json_extract(body, ?) WHERE json_type(body, ?) IN ('text', 'integer', 'real')`,
      )
      .run(path, path);
  }
}

function prepareIndexes(database: Database, spec: CollectionSpec): void {
  const wanted = new Map(spec.indexes.map((index) => [`i_${spec.name}_${index.name}`, createIndexSql(spec, index)]));
  const existing = database
    .prepare(`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?`)
    .all(`c_${spec.name}`);
  for (const { name, sql } of existing) {
    if (wanted.get(name) === sql) wanted.delete(name);
    else database.exec(`DROP INDEX ${quoted(name)}`);
  }
  for (const sql of wanted.values()) database.exec(sql);
}

function createIndexSql(spec: CollectionSpec, index: IndexSpec): string {
  const columns = index.fields.map(columnOf);
  const keys = ['sandbox', ...columns, ...(index.unique ? [] : ['id'])].join(', ');
  const present = columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
  const unique = index.unique ? 'UNIQUE ' : '';
  return `CREATE ${unique}INDEX ${indexNameOf(spec.name, index.name)} ON ${tableOf(spec.name)} (${keys}) WHERE ${present}`;
}
