import { DateTime } from 'luxon';

/** Reads an instant from a cell: ISO 8601 with zone, in UTC; `undefined` when the text is no such time. */
export type ReadTime = (text: string) => string | undefined;

const REMEMBERED = 10_000;

/**
 * @param format `iso`, `seconds` or `milliseconds` (since 1970), or Luxon's tokens
 * @param zone the zone of times that name none themselves
 */
export function createTimeReader(format: string, zone: string): ReadTime {
  const parse = parserOf(format, zone);
  const known = new Map<string, string | undefined>();
  return (text) => {
    // Rows beside each other mostly carry the same time, and parsing one is dear.
    if (known.has(text)) return known.get(text);
    if (known.size >= REMEMBERED) known.clear();
    const time = parse(text.trim());
    const iso = time.isValid ? (time.toUTC().toISO() ?? undefined) : undefined;
    known.set(text, iso);
    return iso;
  };
}

function parserOf(format: string, zone: string): (text: string) => DateTime {
  if (format === 'iso') return (text) => DateTime.fromISO(text.replace(/^(\d{4}-\d\d-\d\d) /, '$1T'), { zone });
  if (format === 'seconds') return (text) => DateTime.fromMillis(toNumber(text) * 1000);
  if (format === 'milliseconds') return (text) => DateTime.fromMillis(toNumber(text));
  return (text) => DateTime.fromFormat(text, format, { zone, locale: 'en' });
}

function toNumber(text: string): number {
  return text === '' ? Number.NaN : Number(text);
}
