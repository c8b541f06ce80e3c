import { AppError } from '../../../platform/errors';

type Fields = Readonly<Record<string, unknown>>;

/** Makes the body of an item from the cells of a row. */
export type ToItem = (cells: readonly string[]) => Fields;

/**
 * Items of CSV whose first row is `header`. Dots in the names of columns make objects; empty cells are left out; cells
 * become numbers or truth values where `schema` says so. Fails with BAD_USER_INPUT when the header names no columns.
 */
export function createCsvItems(header: readonly string[], schema: Fields | undefined): ToItem {
  const columns = toColumns(header, schema);
  return (cells) => toObject(columns, cells);
}

interface Column {
  readonly names: readonly string[];
  readonly type: unknown;
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
