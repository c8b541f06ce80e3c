import { AppError } from '../../../platform/errors';
import { createCsvReader } from '../../../platform/rows/csv-reader';
import { createNdjsonReader } from '../../../platform/rows/ndjson-reader';
import type { Row, RowFault, RowReader } from '../../../platform/rows/row';
import { ItemFault } from '../domain/item-fault';
import { UnreadableRow } from '../domain/unreadable-row';
import { createCsvItems, type ToItem } from './csv-item';

/** One row of a stream: the body of an item, or an UnreadableRow in its place. */
export interface ItemRow {
  /** The line on which it begins, from 1 on. */
  readonly line: number;
  readonly body: unknown;
}

/** Parts text into the bodies of items as it comes. */
export interface ItemRows {
  push(text: string): readonly ItemRow[];
  /** What is left when no more comes. */
  end(): readonly ItemRow[];
}

/** NDJSON: a body on each line. */
export function createNdjsonItems(): ItemRows {
  const reader = createNdjsonReader({ checkEncoding: false });
  return mapRows(reader, (row) => [toItemRow(withAdvice(row), (body) => body)]);
}

// Whoever leaves the type out is told once, and not by as many faults as there are lines.
function withAdvice(row: Row<unknown>): Row<unknown> {
  if (row.kind === 'row' || row.line > 1 || /^\s*[[{]/.test(row.text)) return row;
  return { ...row, message: `${row.message} CSV is sent with content-type: text/csv.` };
}

/** CSV whose first row names the columns. Fails with BAD_USER_INPUT when it does not. */
export function createCsvRows(schema: Readonly<Record<string, unknown>> | undefined): ItemRows {
  let toItem: ToItem | undefined;
  return mapRows(createCsvReader(), (row) => {
    if (toItem) return [toItemRow(row, toItem)];
    toItem = createCsvItems(headerOf(row), schema);
    return [];
  });
}

/** What stands in the place of an item that could not be read. */
export function unreadable(message: string, text: string): UnreadableRow {
  return new UnreadableRow(new ItemFault('MALFORMED', '', message), text);
}

function mapRows<Value>(reader: RowReader<Value>, map: (row: Row<Value>) => readonly ItemRow[]): ItemRows {
  return { push: (text) => reader.push(text).flatMap(map), end: () => reader.end().flatMap(map) };
}

function toItemRow<Value>(row: Row<Value>, toBody: (value: Value) => unknown): ItemRow {
  return { line: row.line, body: row.kind === 'row' ? toBody(row.value) : bodyOf(row) };
}

function bodyOf({ message, text }: RowFault): UnreadableRow {
  return unreadable(message, text);
}

function headerOf(row: Row<readonly string[]>): readonly string[] {
  if (row.kind === 'row') return row.value;
  throw new AppError('BAD_USER_INPUT', `The first row names the columns; it cannot be read: ${row.message}`, {
    details: { row: row.line },
  });
}
