/** The units of time, each with its plural. */
export const UNITS = {
  millisecond: 'milliseconds',
  second: 'seconds',
  minute: 'minutes',
  hour: 'hours',
  day: 'days',
  week: 'weeks',
  month: 'months',
  quarter: 'quarters',
  year: 'years',
  decade: 'decades',
  century: 'centuries',
  millennium: 'millennia',
} as const;

export type Unit = keyof typeof UNITS;
