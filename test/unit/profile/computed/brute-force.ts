import { DateTime, Duration } from 'luxon';
import type { ProfileEvent } from '../../../../flow/events';
import type { ComputedAttribute } from '../../../../subgraphs/profile/domain/computed/computed-attribute';

export interface Question {
  readonly attribute: ComputedAttribute;
  readonly matches: (event: ProfileEvent) => boolean;
  readonly timeZone: string;
}

/** The value of an attribute by its definition alone, from every event anew. */
export function computePlainly(
  { attribute, matches, timeZone }: Question,
  events: readonly ProfileEvent[],
  nowMs: number,
): unknown {
  const { window } = attribute;
  const lowerMs = window === undefined ? Number.NEGATIVE_INFINITY : beforeWindow(window, nowMs, timeZone);
  const leavesOutFuture = window !== undefined || attribute.function === 'AFFINITY';
  const counted = events
    .filter(matches)
    .filter(({ timestampMs }) => timestampMs > lowerMs && (!leavesOutFuture || timestampMs <= nowMs))
    .sort((a, b) => a.timestampMs - b.timestampMs || (a.key < b.key ? -1 : 1));
  return FUNCTIONS[attribute.function](counted, attribute, nowMs);
}

const windowStarts = new Map<string, number>();

/** Months and years by the calendar, then days of 24 hours. Remembered, for tests that ask at the same instants often. */
function beforeWindow(window: string, nowMs: number, zone: string): number {
  const key = `${window} ${nowMs} ${zone}`;
  const startMs = windowStarts.get(key) ?? findWindowStart(window, nowMs, zone);
  windowStarts.set(key, startMs);
  return startMs;
}

function findWindowStart(window: string, nowMs: number, zone: string): number {
  const { years, months, ...rest } = Duration.fromISO(window).toObject();
  const stepped = DateTime.fromMillis(nowMs, { zone }).minus({ months: (years ?? 0) * 12 + (months ?? 0) });
  return stepped.toMillis() - Duration.fromObject(rest).toMillis();
}

type Plain = (events: readonly ProfileEvent[], attribute: ComputedAttribute, nowMs: number) => unknown;

const FUNCTIONS: Readonly<Record<ComputedAttribute['function'], Plain>> = {
  COUNT: (events, { value }) => (value === undefined ? events.length : allOf(events, value).length),
  SUM: (events, { value }) => toNumber(sumExactly(numbersOf(events, value))),
  AVERAGE: (events, { value }) => {
    const numbers = numbersOf(events, value);
    return numbers.length === 0 ? undefined : toNumber(sumExactly(numbers)) / numbers.length;
  },
  MIN: (events, { value }) => extremeOf(events, value, -1),
  MAX: (events, { value }) => extremeOf(events, value, 1),
  FIRST: (events, { value }) => allOf(events, value).filter(isScalar).at(0),
  LAST: (events, { value }) => allOf(events, value).filter(isScalar).at(-1),
  DISTINCT_COUNT: (events, { value }) => new Set(allOf(events, value).filter(isScalar)).size,
  AFFINITY: (events, attribute, nowMs) => affinityOf(events, attribute, nowMs),
};

function affinityOf(events: readonly ProfileEvent[], { value, weights, halfLife }: ComputedAttribute, nowMs: number) {
  const scores: Record<string, number> = {};
  const halfLifeMs = halfLife === undefined ? undefined : Duration.fromISO(halfLife).toMillis();
  for (const event of events) {
    const weight = weights?.[String(event.data.eventType)] ?? 1;
    const faded = halfLifeMs && Math.floor(nowMs / halfLifeMs) - Math.floor(event.timestampMs / halfLifeMs) > 64;
    if (weight === 0 || faded) continue;
    const left = halfLifeMs === undefined ? 1 : 0.5 ** ((nowMs - event.timestampMs) / halfLifeMs);
    for (const topic of valuesOf(event, value)) {
      if ((typeof topic !== 'string' && typeof topic !== 'number') || topic === '') continue;
      scores[String(topic)] = (scores[String(topic)] ?? 0) + weight * left;
    }
  }
  return scores;
}

function extremeOf(events: readonly ProfileEvent[], path: string | undefined, sign: 1 | -1): unknown {
  const values = allOf(events, path);
  const numbers = values.filter((value) => typeof value === 'number');
  const comparable = numbers.length > 0 ? numbers : values.filter((value) => typeof value === 'string');
  return [...comparable].sort((a, b) => (a === b ? 0 : a < b === (sign === -1) ? -1 : 1))[0];
}

function allOf(events: readonly ProfileEvent[], path: string | undefined): readonly unknown[] {
  return events.flatMap((event) => valuesOf(event, path));
}

function valuesOf({ data }: ProfileEvent, path = ''): readonly unknown[] {
  let values: unknown[] = [data];
  for (const name of path.split('.')) {
    values = values.flat(9).map((value) => (value as Record<string, unknown> | null | undefined)?.[name]);
  }
  return values.flat(9).flatMap((value) => (value === undefined || value === null ? [] : [value === 0 ? 0 : value]));
}

function numbersOf(events: readonly ProfileEvent[], path: string | undefined): readonly number[] {
  return allOf(events, path).filter((value): value is number => typeof value === 'number');
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object';
}

const SCALE = 400;

/** The sum of the numbers' shortest texts, times 10 ** SCALE. */
function sumExactly(numbers: readonly number[]): bigint {
  return numbers.reduce((sum, number) => {
    const [digits = '', exponent = '0'] = number.toExponential().split('e');
    const places = digits.split('.')[1]?.length ?? 0;
    return sum + BigInt(digits.replace('.', '')) * 10n ** BigInt(SCALE + Number(exponent) - places);
  }, 0n);
}

function toNumber(scaled: bigint): number {
  return Number(`${scaled}e-${SCALE}`);
}
