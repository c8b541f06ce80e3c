/**
 * A sum that is exact until it is read, so that the order of its parts does not matter. It is kept as parts that do not
 * overlap (Shewchuk 1997, "Adaptive Precision Floating-Point Arithmetic", grow-expansion).
 */
export type ExactSum = number[];

/** Adds `value` to the sum in place. Values that are not finite are left out. */
export function addTo(sum: ExactSum, value: number): void {
  if (!Number.isFinite(value)) return;
  let rest = value;
  let kept = 0;
  for (let i = 0; i < sum.length; i++) {
    const part = sum[i] as number;
    const total = rest + part;
    const lost = Math.abs(rest) < Math.abs(part) ? rest - (total - part) : part - (total - rest);
    if (lost !== 0) sum[kept++] = lost;
    rest = total;
  }
  sum[kept++] = rest;
  if (sum.length > kept) sum.length = kept;
}

/** The sum, correctly rounded. */
export function readSum(sum: ExactSum): number {
  let index = sum.length - 1;
  if (index < 0) return 0;
  let high = sum[index--] as number;
  let low = 0;
  while (index >= 0) {
    const before = high;
    const part = sum[index--] as number;
    high = before + part;
    low = part - (high - before);
    if (low !== 0) break;
  }
  const next = sum[index] ?? 0;
  if ((low < 0 && next < 0) || (low > 0 && next > 0)) {
    const doubled = low * 2;
    const rounded = high + doubled;
    if (rounded - high === doubled) return rounded;
  }
  return high;
}

/** The exact sum of numbers, correctly rounded. */
export function sumExactly(values: Iterable<number>): number {
  const sum: ExactSum = [];
  for (const value of values) addTo(sum, value);
  return readSum(sum);
}
