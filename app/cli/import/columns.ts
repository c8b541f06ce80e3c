import { ConfigurationError } from '../../config';

/** What a row holds: the cells of CSV in their order, or the object of NDJSON. */
export type RowValue = readonly string[] | Readonly<Record<string, unknown>>;

/** Reads one column of a row: its text or value; `undefined` when it is empty or not there. */
export type ReadColumn = (row: RowValue) => unknown;

/** Finds columns by name. */
export interface Columns {
  /** The reader of a column. A column that CSV does not have is noted. */
  reader(name: string): ReadColumn;
  /** Throws a ConfigurationError that names every column that was asked for and is not there. */
  check(): void;
}

/** The columns of a CSV file, by its header. */
export function createCsvColumns(header: readonly string[]): Columns {
  const missing = new Set<string>();
  const twice = new Set<string>();
  return {
    reader(name) {
      const index = header.indexOf(name);
      if (index === -1) missing.add(name);
      else if (header.indexOf(name, index + 1) !== -1) twice.add(name);
      return (row) => (row as readonly string[])[index] || undefined;
    },
    check() {
      const has = `The file has the columns ${header.join(', ')}.`;
      if (missing.size > 0) {
        throw new ConfigurationError(
          `The mapping names columns that are not in the file: ${[...missing].join(', ')}. ${has}`,
        );
      }
      if (twice.size > 0) {
        throw new ConfigurationError(`The mapping names columns that are in the file twice: ${[...twice].join(', ')}.`);
      }
    },
  };
}

/** The columns of NDJSON: paths into each object. Whether they are there differs from row to row. */
export function createObjectColumns(): Columns {
  return {
    reader(name) {
      const parts = name.split('.');
      return (row) => {
        let value: unknown = row;
        for (const part of parts) {
          if (typeof value !== 'object' || value === null) return undefined;
          value = (value as Record<string, unknown>)[part];
        }
        return value === null || value === '' ? undefined : value;
      };
    },
    check: () => {},
  };
}
