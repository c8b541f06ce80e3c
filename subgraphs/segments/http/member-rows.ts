import { AppError } from '../../../platform/errors';
import type { TextRows } from '../../../platform/http/row-exchange';
import { createCsvReader } from '../../../platform/rows/csv-reader';
import { createNdjsonReader } from '../../../platform/rows/ndjson-reader';
import type { Row, RowReader } from '../../../platform/rows/row';
import { type ReadMember, readMember } from './member-row';

/** One row of an import with the line that it begins on. */
export type MemberRow = ReadMember & { readonly line: number };

/** A member on each line of NDJSON. */
export function createNdjsonMembers(namespace: string | undefined): TextRows<MemberRow> {
  return mapRows(createNdjsonReader({ checkEncoding: true }), (row) => [
    toMemberRow(row, (value) => readMember(value, namespace)),
  ]);
}

/** CSV whose first row names the columns. Fails with BAD_USER_INPUT when none holds the values. */
export function createCsvMembers(namespace: string | undefined): TextRows<MemberRow> {
  let columns: readonly string[] | undefined;
  return mapRows(createCsvReader(), (row) => {
    if (columns) {
      const names = columns;
      return [toMemberRow(row, (cells) => readMember(toFields(names, cells), namespace))];
    }
    columns = columnsOf(row);
    return [];
  });
}

/** A row that stands for what cannot be read. */
export function unreadableMember(line: number, message: string): MemberRow {
  return { line, refusal: { code: 'BAD_USER_INPUT', path: '', message } };
}

function mapRows<Value>(reader: RowReader<Value>, map: (row: Row<Value>) => readonly MemberRow[]): TextRows<MemberRow> {
  return { push: (text) => reader.push(text).flatMap(map), end: () => reader.end().flatMap(map) };
}

function toMemberRow<Value>(row: Row<Value>, read: (value: Value) => ReadMember): MemberRow {
  return row.kind === 'row' ? { line: row.line, ...read(row.value) } : unreadableMember(row.line, row.message);
}

function columnsOf(row: Row<readonly string[]>): readonly string[] {
  const names = row.kind === 'row' ? row.value.map((cell) => cell.trim()) : [];
  if (names.includes('value')) return names;
  const message = 'The first row names the columns: value, and namespace, validUntil and remove where they are told.';
  throw new AppError('BAD_USER_INPUT', message, { details: { row: row.line } });
}

function toFields(columns: readonly string[], cells: readonly string[]): Readonly<Record<string, string>> {
  const named = columns.map((name, index): [string, string] => [name, cells[index] ?? '']);
  return Object.fromEntries(named.filter(([, cell]) => cell !== ''));
}
