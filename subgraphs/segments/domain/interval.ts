/** How many of a population have a property, with a 95 % interval. */
export interface Estimate {
  readonly size: number;
  readonly low: number;
  readonly high: number;
}

/** The confidence of the intervals. */
export const CONFIDENCE = 0.95;

const Z = 1.959964;

/**
 * From `held` of `sampled`: Wilson's score interval with the finite population correction, never narrower than what was
 * seen for certain. Exact when all were looked at.
 */
export function estimateShare(held: number, sampled: number, population: number): Estimate {
  if (sampled === 0) return { size: 0, low: 0, high: population };
  if (sampled >= population) return { size: held, low: held, high: held };
  const share = held / sampled;
  const correction = (population - sampled) / (population - 1);
  const z2 = (Z * Z * correction) / sampled;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = Math.sqrt(z2 * (share * (1 - share) + z2 / 4)) / (1 + z2);
  const missed = population - sampled + held;
  return {
    size: Math.round(share * population),
    low: Math.max(held, Math.floor((centre - half) * population)),
    high: Math.min(missed, Math.ceil((centre + half) * population)),
  };
}
