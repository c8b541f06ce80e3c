import { type Columns, createCsvColumns, createObjectColumns, type RowValue } from './columns';
import { compileConditions } from './conditions';
import { BadCell, compileSource, compileText, type MakeValue } from './field-source';
import type { ImportMapping } from './mapping';
import type { Refusal } from './refusal';
import { createTimeReader } from './times';

/** What became of a row: an item to take in, or why there is none. */
export type MappedRow =
  | { readonly kind: 'item'; readonly line: number; readonly item: Readonly<Record<string, unknown>> }
  | { readonly kind: 'skipped'; readonly reason: string }
  | ({ readonly kind: 'refused' } & Refusal);

export type MapRow = (value: RowValue, line: number) => MappedRow;

/**
 * Compiles a mapping.
 * @param header the columns of CSV; absent for NDJSON
 * @param name stands before the line in an `_id` made from it
 */
export function compileMapping(mapping: ImportMapping, header: readonly string[] | undefined, name: string): MapRow {
  const columns = header ? createCsvColumns(header) : createObjectColumns();
  const skips = mapping.skip.map(({ when, reason }) => ({ test: compileConditions(when, columns), reason }));
  const missing = compileRequired(mapping, columns);
  const makers = compileFields(mapping, columns, name);
  columns.check();
  return (value, line) => {
    for (const { test, reason } of skips) if (test(value)) return { kind: 'skipped', reason };
    const refusal = missing(value, line);
    if (refusal) return refusal;
    try {
      const item: Record<string, unknown> = {};
      for (const fill of makers) fill(item, value, line);
      return { kind: 'item', line, item };
    } catch (error) {
      if (!(error instanceof BadCell)) throw error;
      return { kind: 'refused', line, code: 'BAD_VALUE', path: error.column, message: error.message };
    }
  };
}

/** Without a mapping: an object as it is; the columns of CSV as paths with their text, those that are empty left out. */
export function mapAsIs(header: readonly string[] | undefined): MapRow {
  if (!header) return (value, line) => ({ kind: 'item', line, item: value as Record<string, unknown> });
  const setters = header.map((column) => createSetter(column));
  return (value, line) => {
    const item: Record<string, unknown> = {};
    for (const [index, text] of (value as readonly string[]).entries()) setters[index]?.(item, text || undefined);
    return { kind: 'item', line, item };
  };
}

type Fill = (item: Record<string, unknown>, value: RowValue, line: number) => void;

function compileFields(mapping: ImportMapping, columns: Columns, name: string): readonly Fill[] {
  return [
    compileId(mapping._id, columns, name),
    compileTimestamp(mapping.timestamp, columns),
    compileEventType(mapping.eventType, columns),
    compileIdentities(mapping.identities, columns),
    ...Object.entries(mapping.fields).map(([path, source]) => {
      const make = compileSource(source, columns);
      const set = createSetter(path);
      return ((item, value) => set(item, make(value))) satisfies Fill;
    }),
  ];
}

function compileId(rule: ImportMapping['_id'], columns: Columns, name: string): Fill {
  if (rule === undefined) return () => {};
  if (typeof rule === 'string') return fillWith('_id', columns.reader(rule));
  if ('line' in rule) {
    const prefix = rule.prefix ?? `${name}:`;
    return (item, _, line) => {
      item._id = `${prefix}${line}`;
    };
  }
  const readers = rule.columns.map((column) => columns.reader(column));
  return (item, value) => {
    item._id = rule.prefix + readers.map((read) => read(value) ?? '').join(rule.separator);
  };
}

function compileTimestamp(rule: ImportMapping['timestamp'], columns: Columns): Fill {
  if (rule === undefined) return () => {};
  const { column, format, zone } = typeof rule === 'string' ? { column: rule, format: 'iso', zone: 'UTC' } : rule;
  const read = columns.reader(column);
  const toTime = createTimeReader(format, zone);
  return (item, value) => {
    const text = read(value);
    if (text === undefined) return;
    const time = toTime(String(text));
    if (time === undefined) {
      throw new BadCell(
        column,
        `${column} should be a time of the form ${format}; it is "${String(text).slice(0, 100)}".`,
      );
    }
    item.timestamp = time;
  };
}

function compileEventType(rule: ImportMapping['eventType'], columns: Columns): Fill {
  if (rule === undefined) return () => {};
  if (typeof rule === 'string') return fillWith('eventType', () => rule);
  if (!Array.isArray(rule)) return fillWith('eventType', columns.reader(rule.column));
  const cases = rule.map(({ value, when }) => ({ value, test: when ? compileConditions(when, columns) : () => true }));
  return fillWith('eventType', (row) => cases.find(({ test }) => test(row))?.value);
}

function compileIdentities(rules: ImportMapping['identities'], columns: Columns): Fill {
  const all = rules.map(({ namespace, column, primary, authenticatedState, ...text }) => ({
    namespace,
    read: columns.reader(column),
    clean: compileText(text),
    marks: { ...(primary === undefined ? {} : { primary }), ...(authenticatedState ? { authenticatedState } : {}) },
  }));
  return (item, row) => {
    for (const { namespace, read, clean, marks } of all) {
      const id = clean(String(read(row) ?? '').trim());
      if (id === '') continue;
      item.identityMap ??= {};
      const map = item.identityMap as Record<string, object[]>;
      map[namespace] ??= [];
      map[namespace].push({ id, ...marks });
    }
  };
}

function compileRequired({ required }: ImportMapping, columns: Columns) {
  const all = required.map((rule) => {
    const { column, reason, code = 'MISSING_VALUE' } = typeof rule === 'string' ? { column: rule } : rule;
    return { column, code, message: reason ?? `${column} is empty.`, read: columns.reader(column) };
  });
  return (row: RowValue, line: number): MappedRow | undefined => {
    for (const { column, code, message, read } of all) {
      if (String(read(row) ?? '').trim() === '') return { kind: 'refused', line, code, path: column, message };
    }
    return undefined;
  };
}

function fillWith(field: string, make: MakeValue): Fill {
  return (item, value) => {
    const made = make(value);
    if (made !== undefined) item[field] = made;
  };
}

function createSetter(path: string): (item: Record<string, unknown>, value: unknown) => void {
  const parts = path.split('.');
  const last = parts.pop() ?? path;
  return (item, value) => {
    if (value === undefined) return;
    let at = item;
    for (const part of parts) {
      const next = Object.hasOwn(at, part) ? at[part] : undefined;
      if (typeof next === 'object' && next !== null) at = next as Record<string, unknown>;
      else {
        const made: Record<string, unknown> = {};
        at[part] = made;
        at = made;
      }
    }
    at[last] = value;
  };
}
