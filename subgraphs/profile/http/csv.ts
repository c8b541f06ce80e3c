import { AppError } from '../../../platform/errors';
import { createRowSplitter, endOfLine, type RowEnd, type RowSplitter, unreadable } from './rows';

type Fields = Readonly<Record<string, unknown>>;

const DELIMITERS = [',', ';', '\t', '|'] as const;

/**
 * CSV (RFC 4180) whose first row names the columns. Dots in names make objects; empty cells are left out; cells become
 * numbers or truth values where `schema` says so. Fails with BAD_USER_INPUT when the first row names no columns.
 */
export function createCsvSplitter(schema: Fields | undefined): RowSplitter {
  let delimiter = ',';
  let columns: readonly Column[] | undefined;
  return createRowSplitter(
    (text, start, final) => {
      if (!columns) delimiter = guessDelimiter(text.slice(start, endOfLine(text, start)?.end));
      return findEnd(text, start, delimiter, final);
    },
    (text) => {
      const cells = toCells(text, delimiter);
      if (!columns) {
        columns = toColumns(cells, schema);
        return undefined;
      }
      if (cells.length !== columns.length) {
        return unreadable(`The row has ${cells.length} cells, the first row names ${columns.length} columns.`, text);
      }
      if (text.includes('\ufffd')) return unreadable('The row is not in the encoding that was declared.', text);
      return toObject(columns, cells);
    },
  );
}

interface Column {
  readonly names: readonly string[];
  readonly type: unknown;
}

function guessDelimiter(header: string): string {
  return DELIMITERS.find((each) => header.includes(each)) ?? ',';
}

// A quote opens only where a cell begins: elsewhere it is a character like any other.
function findEnd(text: string, start: number, delimiter: string, final: boolean): RowEnd | undefined {
  for (let at = start; ; ) {
    if (text[at] === '"') {
      const close = closingQuote(text, at);
      if (close < 0) return undefined;
      at = close + 1;
    }
    const line = text.indexOf('\n', at);
    const cell = text.indexOf(delimiter, at);
    if (cell >= 0 && (line < 0 || cell < line)) at = cell + 1;
    else if (line >= 0) return { end: line, next: line + 1 };
    else return final ? { end: text.length, next: text.length } : undefined;
  }
}

function closingQuote(text: string, open: number): number {
  for (let from = open + 1; ; ) {
    const close = text.indexOf('"', from);
    if (close < 0 || text[close + 1] !== '"') return close;
    from = close + 2;
  }
}

function toCells(text: string, delimiter: string): readonly string[] {
  if (!text.includes('"')) return text.split(delimiter);
  const cells: string[] = [];
  for (let at = 0; ; ) {
    const quoted = text[at] === '"' ? closingQuote(text, at) : -1;
    const end = text.indexOf(delimiter, quoted < 0 ? at : quoted + 1);
    const stop = end < 0 ? text.length : end;
    const inner = quoted < 0 ? '' : text.slice(at + 1, quoted).replaceAll('""', '"');
    cells.push(inner + text.slice(quoted < 0 ? at : quoted + 1, stop));
    if (end < 0) return cells;
    at = end + 1;
  }
}

function toColumns(cells: readonly string[], schema: Fields | undefined): readonly Column[] {
  const names = cells.map((cell) => cell.trim());
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined || names.some((name) => name.split('.').includes(''))) {
    const what = twice ? `names ${twice} twice` : 'leaves a column without a name';
    throw new AppError('BAD_USER_INPUT', `The first row names the columns; it ${what}.`, { details: { row: 1 } });
  }
  return names.map((name) => ({ names: name.split('.'), type: typeAt(schema, name.split('.')) }));
}

function typeAt(schema: unknown, names: readonly string[]): unknown {
  let at = schema;
  for (const name of names) {
    const properties = (at as { properties?: Fields } | undefined)?.properties;
    at = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
  }
  return (at as { type?: unknown } | undefined)?.type;
}

function toObject(columns: readonly Column[], cells: readonly string[]): Fields {
  const root: Record<string, unknown> = {};
  columns.forEach(({ names, type }, index) => {
    const cell = cells[index] ?? '';
    if (cell === '' || names.includes('__proto__')) return;
    let at = root;
    for (const name of names.slice(0, -1)) {
      const inner = Object.hasOwn(at, name) && typeof at[name] === 'object' ? at[name] : {};
      at[name] = inner;
      at = inner as Record<string, unknown>;
    }
    at[names.at(-1) ?? ''] = toValue(cell, type);
  });
  return root;
}

// What does not fit its type stays text, for the schema to refuse.
function toValue(cell: string, type: unknown): unknown {
  if (type === 'number' || type === 'integer') {
    const number = Number(cell);
    return cell.trim() !== '' && Number.isFinite(number) ? number : cell;
  }
  if (type === 'boolean' && (cell === 'true' || cell === 'false')) return cell === 'true';
  return cell;
}
