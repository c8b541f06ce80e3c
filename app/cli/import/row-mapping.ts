import { ConfigurationError } from '../../config';
import type { ImportMapping } from './mapping';
import type { FileFormat } from './read-rows';
import { compileMapping, type MappedRow, type MapRow, mapAsIs } from './row-mapper';
import type { SourceRow } from './source-row';

/** Maps the rows of one file in their order; `undefined` for the header of CSV. */
export type RowMapping = (row: SourceRow) => MappedRow | undefined;

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
    if (row.kind === 'fault') return { ...row, kind: 'refused' };
    const cells = row.value.length;
    if (!header || cells === header.length) return mapRow(row.value, row.line);
    const message = `The row has ${cells} cells, the file ${header.length} columns.`;
    return { kind: 'refused', line: row.line, code: 'RAGGED_ROW', message };
  };
}

function toHeader(row: SourceRow): readonly string[] {
  if (row.kind === 'fault')
    throw new ConfigurationError(`Line ${row.line}, the header, cannot be read: ${row.message}`);
  return row.value as readonly string[];
}
