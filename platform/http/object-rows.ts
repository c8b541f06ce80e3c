import { AppError } from '../errors';
import { createCsvReader } from '../rows/csv-reader';
import { createNdjsonReader } from '../rows/ndjson-reader';
import type { Row, RowReader } from '../rows/row';
import type { Exchange } from './route';
import { exchangeRows, isCsv, type TextRows } from './row-exchange';

type Fields = Readonly<Record<string, unknown>>;

/** Why a row was not taken: a code, where in the row, and a sentence. */
export interface RowRefusal {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** What a row says, or what is wrong with it. */
export type ReadRow<T> = { readonly value: T } | { readonly refusal: RowRefusal };

/** How rows that are objects are read and answered. */
export interface ObjectExchange<T> {
  /** Reads a row: an object of NDJSON, or the cells of CSV by their columns; empty cells are left out. */
  readonly read: (row: Fields) => ReadRow<T>;
  /** Whether the columns of CSV are enough, and else what to say. */
  readonly columns: { readonly areEnough: (names: readonly string[]) => boolean; readonly message: string };
  /** Takes what was read, and answers each in its order; `undefined`: it was taken. */
  readonly take: (values: readonly T[]) => Promise<readonly (RowRefusal | undefined)[]>;
}

/** As `exchangeRows`, for NDJSON of objects, or CSV whose first row names the columns (with `content-type: text/csv`). */
export function exchangeObjects<T>(exchange: Exchange, { read, columns, take }: ObjectExchange<T>): Promise<void> {
  return exchangeRows(exchange, {
    rows: isCsv(exchange.request) ? createCsvObjects(read, columns) : createNdjsonObjects(read),
    broken: unreadable<T>,
    take: async (rows) => {
      const answers = await take(rows.flatMap((row) => ('value' in row ? [row.value] : [])));
      let next = 0;
      return rows.map((row) => toAnswer('value' in row ? answers[next++] : row.refusal));
    },
  });
}

/** Milliseconds of an ISO 8601 text; `undefined` for an empty value; NaN for one that is none. */
export function readInstant(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
}

/** The truth that a value, or its text, tells; false for an empty one; `undefined` for one that tells none. */
export function readTruth(value: unknown): boolean | undefined {
  if (value === undefined || value === null || value === '') return false;
  const text = String(value).toLowerCase();
  return text === 'true' || (text === 'false' ? false : undefined);
}

/** True for an object that is no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A refusal of the row itself. */
export function refuseRow(path: string, message: string): { readonly refusal: RowRefusal } {
  return { refusal: { code: 'BAD_USER_INPUT', path, message } };
}

type ObjectRow<T> = ReadRow<T> & { readonly line: number };

function toAnswer(refusal: RowRefusal | undefined): object {
  return refusal ? { status: 'REJECTED', ...refusal } : { status: 'ACCEPTED' };
}

function createNdjsonObjects<T>(read: ObjectExchange<T>['read']): TextRows<ObjectRow<T>> {
  return mapRows(createNdjsonReader({ checkEncoding: true }), (row) => [
    toObjectRow(row, (value) => (isFields(value) ? read(value) : refuseRow('', 'Each line holds an object.'))),
  ]);
}

function createCsvObjects<T>(
  read: ObjectExchange<T>['read'],
  columns: ObjectExchange<T>['columns'],
): TextRows<ObjectRow<T>> {
  let names: readonly string[] | undefined;
  return mapRows(createCsvReader(), (row) => {
    if (names) {
      const known = names;
      return [toObjectRow(row, (cells) => read(toFields(known, cells)))];
    }
    names = row.kind === 'row' ? row.value.map((cell) => cell.trim()) : [];
    if (!columns.areEnough(names)) {
      throw new AppError('BAD_USER_INPUT', columns.message, { details: { row: row.line } });
    }
    return [];
  });
}

function mapRows<Value, T>(
  reader: RowReader<Value>,
  map: (row: Row<Value>) => readonly ObjectRow<T>[],
): TextRows<ObjectRow<T>> {
  return { push: (text) => reader.push(text).flatMap(map), end: () => reader.end().flatMap(map) };
}

function toObjectRow<Value, T>(row: Row<Value>, read: (value: Value) => ReadRow<T>): ObjectRow<T> {
  return row.kind === 'row' ? { line: row.line, ...read(row.value) } : unreadable(row.line, row.message);
}

function unreadable<T>(line: number, message: string): ObjectRow<T> {
  return { line, ...refuseRow('', message) };
}

function toFields(columns: readonly string[], cells: readonly string[]): Fields {
  const named = columns.map((name, index): [string, string] => [name, cells[index] ?? '']);
  return Object.fromEntries(named.filter(([, cell]) => cell !== ''));
}
