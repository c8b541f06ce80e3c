import type { TimeCondition } from '../tree';
import type { Unit } from '../unit';
import { anniversaryInYearOf, hasAnniversaryIn, nearestAnniversary } from './anniversaries';
import type { Calendar } from './calendar';
import { isAfter, isIn, type Span } from './span';

/** True when the instant `t` fulfils the condition. References that are missing are given as `undefined`. */
export type TimeTest = (t: number, reference: Span | undefined, high: Span | undefined) => boolean;

export type Distance = Extract<TimeCondition, { kind: 'distance' }>;

/** How a condition is tested, as `docs/pql.md` words it. A missing `t` is NaN, and only `!=` holds then. */
export function toTimeTest(when: TimeCondition, calendar: Calendar): TimeTest {
  if (when.kind === 'distance') return toDistanceTest(when, calendar);
  const test = (when.ignoringYear ? YEARLESS_TESTS : SPAN_TESTS)[when.kind](calendar);
  return (t, reference, high) => !Number.isNaN(t) && reference !== undefined && test(t, reference, high);
}

type SpanTest = (t: number, reference: Span, high: Span | undefined) => boolean;
type SpanKind = Exclude<TimeCondition['kind'], 'distance'>;

const SPAN_TESTS: Readonly<Record<SpanKind, (calendar: Calendar) => SpanTest>> = {
  before: () => (t, reference) => t < reference.startMs,
  after: () => isAfter,
  from: () => (t, reference) => t >= reference.startMs,
  on: (calendar) => (t, reference) => isIn(t, toWholeDay(reference, calendar)),
  between: () => (t, low, high) => high !== undefined && t >= low.startMs && !isAfter(t, high),
};

const YEARLESS_TESTS: Readonly<Record<SpanKind, (calendar: Calendar) => SpanTest>> = {
  before: (calendar) => (t, reference) => anniversaryInYearOf(t, reference.startMs, calendar) < reference.startMs,
  after: (calendar) => (t, reference) => isAfter(anniversaryInYearOf(t, reference.startMs, calendar), reference),
  from: (calendar) => (t, reference) => anniversaryInYearOf(t, reference.startMs, calendar) >= reference.startMs,
  on: (calendar) => (t, reference) => hasAnniversaryIn(t, toWholeDay(reference, calendar), calendar),
  between: (calendar) => (t, low, high) => {
    const [first, last] = [calendar.dayOf(low.startMs), high && calendar.dayOf(lastOf(high))];
    if (!first || !last) return false;
    const lastDay = calendar.dayOf(nearestAnniversary(last.startMs, first.startMs, 1, calendar));
    return lastDay !== undefined && hasAnniversaryIn(t, { startMs: first.startMs, endMs: lastDay.endMs }, calendar);
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

function lastOf({ startMs, endMs }: Span): number {
  return startMs === endMs ? endMs : endMs - 1;
}

function toWholeDay(span: Span, calendar: Calendar): Span {
  return span.startMs === span.endMs ? (calendar.dayOf(span.startMs) ?? span) : span;
}
