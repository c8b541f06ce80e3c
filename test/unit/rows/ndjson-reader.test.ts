import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createNdjsonReader } from '../../../platform/rows/ndjson-reader';
import type { Row } from '../../../platform/rows/row';

function read(pieces: readonly string[], checkEncoding = true): readonly Row<unknown>[] {
  const reader = createNdjsonReader({ checkEncoding });
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

const valuesOf = (rows: readonly Row<unknown>[]) => rows.map((row) => (row.kind === 'row' ? row.value : row.code));

describe('reading NDJSON', () => {
  it('P-6 any values come back with their lines, however the text is cut into pieces', () => {
    const values = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(values, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 9 }), (all, lineBreak, size) => {
        const lines = all.map((value) => JSON.stringify(value));
        const found = read(lines.join(lineBreak).match(new RegExp(`.{1,${size}}`, 'gs')) ?? [], false);
        expect(valuesOf(found)).toEqual(lines.map((line) => JSON.parse(line)));
        expect(found.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
      }),
      { numRuns: 300 },
    );
  });

  it('P-3 a broken line costs itself alone; lines of blanks are no rows', () => {
    const found = read(['\uFEFF{"a":1}\n \n{"cut\n', `"${'x'.repeat(2_000_000)}"\n`, '"q\n7']);
    expect(valuesOf(found)).toEqual([{ a: 1 }, 'BAD_JSON', 'ROW_TOO_LONG', 'BAD_JSON', 7]);
    expect(found.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6]);
    expect(found[1]).toMatchObject({ text: '{"cut' });
  });

  it('what stands for bytes that are no text is refused where it is asked for', () => {
    expect(valuesOf(read(['"a\uFFFD"\n"b"']))).toEqual(['BAD_ENCODING', 'b']);
    expect(valuesOf(read(['"a\uFFFD"\n"b"'], false))).toEqual(['a\uFFFD', 'b']);
  });
});
