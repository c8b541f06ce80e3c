import type { Line } from './retail-file';

const DAY_MS = 86_400_000;

/** Lines of one customer up to an instant, and what can be asked of them. */
interface Seen {
  readonly lines: readonly Line[];
  readonly purchases: readonly Line[];
  readonly returns: readonly Line[];
  /** Strictly less than so many days ago. */
  within(days: number): (line: Line) => boolean;
}

const sum = (lines: readonly Line[]): number => lines.reduce((total, line) => total + line.total, 0);

const isRecent = ({ purchases, within }: Seen): boolean => purchases.some(within(14 + 1e-9));
const isBigSpender = ({ purchases, within }: Seen): boolean => sum(purchases.filter(within(30))) > 1000;

/** What each segment of examples/online-retail/configuration means, over the plain lines. */
export const PLAIN: Readonly<Record<string, (seen: Seen) => boolean>> = {
  'spent-1000-in-30-days': isBigSpender,
  'spent-2500-net-in-90-days': ({ lines, within }) => sum(lines.filter(within(90))) > 2500,
  'heart-lovers': ({ purchases }) => purchases.filter(({ sku }) => sku === '85123A').length >= 5,
  'cake-stands-in-half-a-year': ({ purchases, within }) =>
    purchases.filter(within(180)).filter(({ sku }) => sku === '22423').length >= 2,
  'returned-and-bought': ({ purchases, returns, within }) => returns.some(within(60)) && purchases.some(within(60)),
  'returned-and-gone': ({ purchases, returns, within }) =>
    returns.filter(within(60)).some((back) => !purchases.some(({ atMs }) => atMs > back.atMs)),
  'german-customers': ({ purchases }) => purchases.filter(({ country }) => country === 'Germany').length >= 3,
  'bought-in-14-days': isRecent,
  lapsed: ({ purchases, within }) => purchases.length > 0 && !purchases.some(within(90)),
  'recent-big-spenders': (seen) =>
    isBigSpender(seen) && isRecent(seen) && seen.lines.filter(seen.within(30)).some(({ quantity }) => quantity >= 100),
};

/** Who is in a segment at an instant. */
export function plainMembers(
  customers: ReadonlyMap<string, readonly Line[]>,
  segment: string,
  nowMs: number,
): ReadonlySet<string> {
  const isMember = PLAIN[segment];
  if (!isMember) throw new Error(`No plain form of ${segment}.`);
  return new Set([...customers].filter(([, lines]) => isMember(see(lines, nowMs))).map(([id]) => id));
}

function see(all: readonly Line[], nowMs: number): Seen {
  const lines = all.filter(({ atMs }) => atMs <= nowMs);
  return {
    lines,
    purchases: lines.filter(({ isReturn }) => !isReturn),
    returns: lines.filter(({ isReturn }) => isReturn),
    within: (days) => (line) => line.atMs > nowMs - days * DAY_MS,
  };
}

/** How near a sum of anybody is to a threshold of the rules: nearer than rounding may tell them apart. */
export function nearestToThreshold(customers: ReadonlyMap<string, readonly Line[]>, nowMs: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const all of customers.values()) {
    const { lines, purchases, within } = see(all, nowMs);
    const distances = [sum(purchases.filter(within(30))) - 1000, sum(lines.filter(within(90))) - 2500];
    nearest = Math.min(nearest, ...distances.map(Math.abs));
  }
  return nearest;
}
