import type { Columns, ReadColumn, RowValue } from './columns';
import type { FieldSource } from './mapping';
import { createTimeReader } from './times';

/** A cell that cannot be what the mapping says it is. */
export class BadCell extends Error {
  constructor(
    readonly column: string,
    message: string,
  ) {
    super(message);
  }
}

/** Makes the value of one field of an item; `undefined` leaves it out. Throws BadCell. */
export type MakeValue = (row: RowValue) => unknown;

/** Compiles where a field's value comes from. */
export function compileSource(source: string | FieldSource, columns: Columns): MakeValue {
  if (typeof source === 'string') return columns.reader(source);
  const { value, multiply, default: otherwise } = source;
  if (value !== undefined) return () => value;
  const make = multiply ? compileProduct(multiply, source, columns) : compileColumn(source, columns);
  return otherwise === undefined ? make : (row) => make(row) ?? otherwise;
}

/** What takes `remove` out of a text, and lowers its case. */
export function compileText(rules: {
  remove?: string | undefined;
  lowerCase?: boolean | undefined;
}): (text: string) => string {
  const pattern = rules.remove === undefined ? undefined : new RegExp(rules.remove, 'gu');
  return (text) => {
    const left = pattern ? text.replace(pattern, '') : text;
    return rules.lowerCase ? left.toLowerCase() : left;
  };
}

function compileColumn(source: FieldSource, columns: Columns): MakeValue {
  const names = source.columns ?? [source.column ?? ''];
  const read = source.columns ? joined(source.columns, source.separator, columns) : columns.reader(names[0] ?? '');
  const clean = compileText(source);
  const convert = compileType(source);
  const { map } = source;
  return (row) => {
    const raw = read(row);
    if (raw === undefined) return undefined;
    const text = typeof raw === 'string' ? clean(raw) : raw;
    if (map && Object.hasOwn(map, String(text))) return map[String(text)];
    return text === '' ? undefined : convert(text, names.join(', '));
  };
}

function compileProduct(names: readonly string[], source: FieldSource, columns: Columns): MakeValue {
  const factors = names.map((name) => ({ name, read: columns.reader(name) }));
  return (row) => {
    let product = 1;
    for (const { name, read } of factors) {
      const factor = read(row);
      if (factor === undefined) return undefined;
      product *= toNumber(factor, name);
    }
    return round(product, source.decimals);
  };
}

function joined(names: readonly string[], separator: string, columns: Columns): ReadColumn {
  const readers = names.map((name) => columns.reader(name));
  return (row) => {
    const texts = readers.map((read) => read(row)).filter((text) => text !== undefined);
    return texts.length === 0 ? undefined : texts.join(separator);
  };
}

type Convert = (value: unknown, column: string) => unknown;

function compileType(source: FieldSource): Convert {
  const time = createTimeReader(source.format, source.zone);
  const converts: Readonly<Record<NonNullable<FieldSource['type']>, Convert>> = {
    text: (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)),
    number: (value, column) => round(toNumber(value, column), source.decimals),
    integer: toInteger,
    boolean: toBoolean,
    timestamp: (value, column) => time(String(value)) ?? fail(column, value, 'a time'),
    json: toJson,
    list: (value) =>
      String(value)
        .split(source.separator)
        .map((part) => part.trim())
        .filter(Boolean),
  };
  return source.type ? converts[source.type] : (value) => value;
}

function toNumber(value: unknown, column: string): number {
  const number = typeof value === 'number' ? value : Number(String(value).trim());
  return Number.isFinite(number) ? number : fail(column, value, 'a number');
}

function toInteger(value: unknown, column: string): number {
  const number = toNumber(value, column);
  return Number.isSafeInteger(number) ? number : fail(column, value, 'a whole number');
}

const TRUTHS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  no: false,
  n: false,
  '0': false,
};

function toBoolean(value: unknown, column: string): boolean {
  return TRUTHS[String(value).trim().toLowerCase()] ?? fail(column, value, 'true or false');
}

function toJson(value: unknown, column: string): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return fail(column, value, 'JSON');
  }
}

function round(value: number, decimals: number | undefined): number {
  return decimals === undefined ? value : Number(value.toFixed(decimals));
}

function fail(column: string, value: unknown, what: string): never {
  throw new BadCell(column, `${column} should be ${what}; it is "${String(value).slice(0, 100)}".`);
}
