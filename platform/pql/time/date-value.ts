/** A date that a rule meets: an instant, where both ends are one, or a whole day from its start to the next. */
export class DateValue {
  constructor(
    readonly startMs: number,
    readonly endMs: number,
    /** The day as ISO text; an instant has none. */
    private readonly day?: string,
  ) {}

  /** ISO 8601: `2020-03-14` for a day, else with time in UTC. */
  toJSON(): string {
    return this.day ?? new Date(this.startMs).toISOString();
  }
}

/** The instant at `ms`; `undefined` for one that no calendar has. */
export function toInstant(ms: number): DateValue | undefined {
  return Math.abs(ms) <= 8.64e15 ? new DateValue(ms, ms) : undefined;
}
