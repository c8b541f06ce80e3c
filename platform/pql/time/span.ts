/** A stretch of time from its start up to, and without, its end; an instant has both in one. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** True when `t` is in the span, or is the instant. */
export function isIn(t: number, { startMs, endMs }: Span): boolean {
  return t >= startMs && (t < endMs || t === startMs);
}

/** True when `t` comes after all of the span. */
export function isAfter(t: number, { startMs, endMs }: Span): boolean {
  return startMs === endMs ? t > endMs : t >= endMs;
}
