import { createRowSplitter, endOfLine, type RowSplitter, refuse, type SourceRow, toRow } from './source-row';

/** Splits NDJSON into its objects, one a line. A line that is no JSON object is refused alone. */
export function createNdjsonSplitter(): RowSplitter {
  return createRowSplitter((text, start, line, final) => {
    const ends = endOfLine(text, start) ?? (final ? { stop: text.length, next: text.length } : undefined);
    if (!ends) return undefined;
    const whole = text.slice(start, ends.stop);
    const found = { end: ends.next, lines: 1 };
    return whole.trim() === '' ? found : { ...found, row: parseLine(whole, line) };
  });
}

function parseLine(text: string, line: number): SourceRow {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return toRow(text, value, line);
    return refuse(
      line,
      'BAD_JSON',
      `An object is expected on each line; this is ${Array.isArray(value) ? 'a list' : typeof value}.`,
    );
  } catch (error) {
    return refuse(line, 'BAD_JSON', `The line is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
