import type { Calendar } from './calendar';
import type { Span } from './span';
import { isIn } from './span';

/** The first anniversary of `t` at or after the point (`sign` 1), or the last at or before it (-1). */
export function nearestAnniversary(t: number, point: number, sign: 1 | -1, calendar: Calendar): number {
  const { year } = calendar.partsOf(point);
  const inYear = calendar.inYear(t, year);
  return sign * inYear >= sign * point ? inYear : calendar.inYear(t, year + sign);
}

/** The anniversary of `t` in the year that holds `asMs`. */
export function anniversaryInYearOf(t: number, asMs: number, calendar: Calendar): number {
  return calendar.inYear(t, calendar.partsOf(asMs).year);
}

/** Whether an anniversary of `t` lies in the span. */
export function hasAnniversaryIn(t: number, span: Span, calendar: Calendar): boolean {
  const { year } = calendar.partsOf(span.startMs);
  return [year, year + 1].some((each) => isIn(calendar.inYear(t, each), span));
}
