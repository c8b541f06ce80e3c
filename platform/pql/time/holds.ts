import type { TimeCondition, Unit } from '../tree';
import type { Calendar } from './calendar';

/** A stretch of time from its start up to, and without, its end; an instant has both in one. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** True when the instant `t` fulfils the condition. References that are missing are given as `undefined`. */
export type TimeTest = (t: number, reference: Span | undefined, high: Span | undefined) => boolean;

type Distance = Extract<TimeCondition, { kind: 'distance' }>;

/** How a condition is tested, as `docs/pql.md` words it. A missing `t` is NaN, and only `!=` holds then. */
export function toTimeTest(when: TimeCondition, calendar: Calendar): TimeTest {
  if (when.kind === 'distance') return toDistanceTest(when, calendar);
  const plain = SPAN_TESTS[when.kind](calendar);
  const test = when.ignoringYear ? YEARLESS_TESTS[when.kind](calendar) : plain;
  return (t, reference, high) => !Number.isNaN(t) && reference !== undefined && test(t, reference, high);
}

type SpanTest = (t: number, reference: Span, high: Span | undefined) => boolean;
type SpanKind = Exclude<TimeCondition['kind'], 'distance'>;

const isIn = (t: number, { startMs, endMs }: Span): boolean => t >= startMs && (t < endMs || t === startMs);
const isAfter = (t: number, { startMs, endMs }: Span): boolean => (startMs === endMs ? t > endMs : t >= endMs);

const SPAN_TESTS: Readonly<Record<SpanKind, (calendar: Calendar) => SpanTest>> = {
  before: () => (t, reference) => t < reference.startMs,
  after: () => isAfter,
  from: () => (t, reference) => t >= reference.startMs,
  on: (calendar) => (t, reference) => isIn(t, toWholeDay(reference, calendar)),
  between: () => (t, low, high) => high !== undefined && t >= low.startMs && !isAfter(t, high),
};

const YEARLESS_TESTS: Readonly<Record<SpanKind, (calendar: Calendar) => SpanTest>> = {
  before: (calendar) => (t, reference) => sameYear(t, reference.startMs, calendar) < reference.startMs,
  after: (calendar) => (t, reference) => isAfter(sameYear(t, reference.startMs, calendar), reference),
  from: (calendar) => (t, reference) => sameYear(t, reference.startMs, calendar) >= reference.startMs,
  on: (calendar) => (t, reference) => hasAnniversaryIn(t, toWholeDay(reference, calendar), calendar),
  between: (calendar) => (t, low, high) => {
    if (!high) return false;
    const isLast = high.startMs === high.endMs;
    const shift = firstAnniversary(high.startMs, low.startMs, calendar) - high.startMs;
    const endMs = high.endMs + shift + (isLast ? 1 : 0);
    return hasAnniversaryIn(t, { startMs: low.startMs, endMs }, calendar);
  },
};

function toDistanceTest(when: Distance, calendar: Calendar): TimeTest {
  const { comparison, count, unit, ignoringYear } = when;
  const sign = when.direction === 'before' ? -1 : 1;
  if (comparison === '=' || comparison === '!=') {
    const isThere = toUnitTest(sign * count, unit, ignoringYear === true, calendar);
    return (t, reference) => (reference !== undefined && isThere(t, reference.startMs)) === (comparison === '=');
  }
  const compare = DISTANCES[comparison];
  return (t, reference) => {
    if (!reference || Number.isNaN(t)) return false;
    const point = reference.startMs;
    const bound = calendar.plus(point, sign * count, unit);
    const nearest = ignoringYear ? nearestAnniversary(t, point, sign, calendar) : t;
    return compare(sign * nearest, sign * point, sign * bound);
  };
}

/** With the sign of the direction on all three, each reads as if it were `after`. */
const DISTANCES: Readonly<Record<'<' | '<=' | '>' | '>=', (t: number, point: number, bound: number) => boolean>> = {
  '<': (t, point, bound) => t >= point && t < bound,
  '<=': (t, point, bound) => t >= point && t <= bound,
  '>': (t, _, bound) => t > bound,
  '>=': (t, _, bound) => t >= bound,
};

/** Whether `t` lies in the unit of the calendar that holds the instant `count` units from the point. */
function toUnitTest(
  count: number,
  unit: Unit,
  ignoringYear: boolean,
  calendar: Calendar,
): (t: number, point: number) => boolean {
  return (t, point) => {
    if (Number.isNaN(t)) return false;
    const there = calendar.step(point, count, unit);
    const span = { startMs: calendar.startOf(unit, there), endMs: calendar.startAfter(unit, there, 1) };
    return ignoringYear ? hasAnniversaryIn(t, span, calendar) : isIn(t, span);
  };
}

function toWholeDay(span: Span, calendar: Calendar): Span {
  return span.startMs === span.endMs ? (calendar.dayOf(span.startMs) ?? span) : span;
}

function sameYear(t: number, asMs: number, calendar: Calendar): number {
  return calendar.inYear(t, calendar.partsOf(asMs).year);
}

function hasAnniversaryIn(t: number, span: Span, calendar: Calendar): boolean {
  const { year } = calendar.partsOf(span.startMs);
  return [year, year + 1].some((each) => isIn(calendar.inYear(t, each), span));
}

function firstAnniversary(t: number, fromMs: number, calendar: Calendar): number {
  return nearestAnniversary(t, fromMs, 1, calendar);
}

/** The first anniversary at or after the point, or the last at or before it. */
function nearestAnniversary(t: number, point: number, sign: 1 | -1, calendar: Calendar): number {
  const { year } = calendar.partsOf(point);
  const inYear = calendar.inYear(t, year);
  return sign * inYear >= sign * point ? inYear : calendar.inYear(t, year + sign);
}
