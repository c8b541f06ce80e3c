import type { Row, RowFault } from '../../../platform/rows/row';
import { ConfigurationError } from '../../config';
import type { RowValue } from './columns';
import type { ImportMapping } from './mapping';
import type { FileFormat } from './read-rows';
import { compileMapping, type MappedRow, type MapRow, mapAsIs } from './row-mapper';

/** Maps the rows of one file in their order; `undefined` for the header of CSV. */
export type RowMapping = (row: Row<unknown>) => MappedRow | undefined;

/**
 * Compiles the mapping when the columns are known: at the first row of CSV. Throws a ConfigurationError when the mapping
 * does not fit the file.
 */
export function createRowMapping(mapping: ImportMapping | undefined, format: FileFormat, name: string): RowMapping {
  const compile = (header?: readonly string[]): MapRow =>
    mapping ? compileMapping(mapping, header, name) : mapAsIs(header);
  let header: readonly string[] | undefined = format === 'csv' ? mapping?.header : undefined;
  let mapRow = format === 'ndjson' || header ? compile(header) : undefined;
  return (row) => {
    if (!mapRow) {
      header = toHeader(row);
      mapRow = compile(header);
      return undefined;
    }
    if (row.kind === 'fault') return refused(row);
    if (header || isObject(row.value)) return mapRow(row.value as RowValue, row.line);
    const message = `An object is expected on each line; this is ${Array.isArray(row.value) ? 'a list' : typeof row.value}.`;
    return { kind: 'refused', line: row.line, code: 'BAD_JSON', message };
  };
}

function toHeader(row: Row<unknown>): readonly string[] {
  if (row.kind === 'fault')
    throw new ConfigurationError(`Line ${row.line}, the header, cannot be read: ${row.message}`);
  return row.value as readonly string[];
}

function refused({ line, code, message }: RowFault): MappedRow {
  return { kind: 'refused', line, code, message };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
