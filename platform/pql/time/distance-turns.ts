import { nearestAnniversary } from './anniversaries';
import { type Calendar, fixedLengthMs } from './calendar';
import type { Distance } from './holds';
import { type MovingReference, movesOn, reaches, startAt } from './moving';

type TurnFinder = (t: number, nowMs: number) => number;

/** Steps of the calendar, there and back, differ by no more than this. */
const SLACK_MS = 4 * 86_400_000;
const DAY_MS = 86_400_000;

/** How to find the turns of `< 7 days before now` and its like. */
export function createDistanceFinder(when: Distance, reference: MovingReference, calendar: Calendar): TurnFinder {
  const sign = when.direction === 'before' ? -1 : 1;
  const isUnit = when.comparison === '=' || when.comparison === '!=';
  const plain = isUnit ? createUnitFinder(when, reference, calendar) : createBoundFinder(when, reference, calendar);
  if (!when.ignoringYear) return plain;
  if (isUnit) {
    const leaves = createLeaving(when, reference, calendar);
    return (_, nowMs) => leaves(nowMs);
  }
  return (t, nowMs) => {
    const point = startAt(reference, nowMs, calendar);
    const nearest = nearestAnniversary(t, point, sign, calendar);
    const passes = sign < 0 ? nearestAnniversary(t, point + 1, 1, calendar) : nearest + 1;
    return Math.min(plain(nearest, nowMs), Math.max(reaches(reference, passes, calendar), nowMs + 1));
  };
}

/** `<`, `<=`, `>`, `>=`: what turns is whether the point, and the bound, have come to `t`. */
function createBoundFinder(when: Distance, reference: MovingReference, calendar: Calendar): TurnFinder {
  const isBefore = when.direction === 'before';
  const bound = createBoundReach(when, reference, calendar);
  const [pointExtra, boundExtra] = isBefore
    ? [0, when.comparison === '<=' || when.comparison === '>' ? 1 : 0]
    : [1, when.comparison === '<' || when.comparison === '>=' ? 1 : 0];
  const isWithin = when.comparison === '<' || when.comparison === '<=';
  return (t, nowMs) => {
    const boundTurn = bound(t + boundExtra, nowMs);
    if (!isWithin) return boundTurn;
    const pointTurn = reaches(reference, t + pointExtra, calendar);
    return pointTurn > nowMs ? Math.min(pointTurn, boundTurn) : boundTurn;
  };
}

/** The first instant after now at which the bound may come to `x`. */
function createBoundReach(when: Distance, reference: MovingReference, calendar: Calendar): TurnFinder {
  const { unit } = when;
  const steps = toSteps(when);
  const length = fixedLengthMs(unit);
  if (length !== undefined) {
    return (x, nowMs) => {
      const atMs = reaches(reference, x - steps * length, calendar);
      return atMs > nowMs ? atMs : Number.POSITIVE_INFINITY;
    };
  }
  const hasReached = (x: number, atMs: number): boolean =>
    calendar.plus(startAt(reference, atMs, calendar), steps, unit) >= x;
  return (x, nowMs) => {
    const about = reaches(reference, calendar.step(x, -steps, unit), calendar);
    if (nowMs < about - SLACK_MS) return about - SLACK_MS;
    if (nowMs >= about + SLACK_MS) return Number.POSITIVE_INFINITY;
    const until = nextSetback(nowMs, about + SLACK_MS, calendar);
    if (hasReached(x, nowMs) === hasReached(x, until - 1)) return until;
    return findFirst(nowMs, until - 1, (atMs) => hasReached(x, atMs) !== hasReached(x, nowMs));
  };
}

/**
 * The next instant at which a step of the calendar may come to an earlier one than just before: the clocks are changed,
 * or a day begins whose number the other month does not have.
 */
function nextSetback(nowMs: number, untilMs: number, calendar: Calendar): number {
  const change = calendar.nextClockChange(nowMs, untilMs) ?? untilMs;
  return Math.min(change, calendar.startAfter('day', nowMs, 1), untilMs);
}

/** The first whole number after `low`, up to `high`, for which `holds`, which holds at `high` and from the first on. */
function findFirst(low: number, high: number, holds: (n: number) => boolean): number {
  let [fails, succeeds] = [low, high];
  while (succeeds - fails > 1) {
    const middle = Math.floor((fails + succeeds) / 2);
    if (holds(middle)) succeeds = middle;
    else fails = middle;
  }
  return succeeds;
}

/** `=` and `!=`: what turns is which unit of the calendar lies that far away. */
function createUnitFinder(when: Distance, reference: MovingReference, calendar: Calendar): TurnFinder {
  const { unit } = when;
  const steps = toSteps(when);
  const length = fixedLengthMs(unit) ?? Number.POSITIVE_INFINITY;
  const leaves = createLeaving(when, reference, calendar);
  return (t, nowMs) => {
    const there = calendar.step(startAt(reference, nowMs, calendar), steps, unit);
    if (t < calendar.startOf(unit, there)) return Number.POSITIVE_INFINITY;
    if (reference.unit) return leaves(nowMs);
    const meets = length < DAY_MS ? calendar.startOf(unit, t) - steps * length : calendar.startAfter(unit, t, -steps);
    return Math.max(leaves(nowMs), meets);
  };
}

/** The first instant after now at which the unit that lies that far away is another. */
function createLeaving(when: Distance, reference: MovingReference, calendar: Calendar): (nowMs: number) => number {
  const { unit } = when;
  if (reference.unit) return (nowMs) => movesOn(reference, nowMs, calendar);
  if ((fixedLengthMs(unit) ?? DAY_MS) >= DAY_MS) return (nowMs) => calendar.startAfter(unit, nowMs, 1);
  return (nowMs) => {
    const there = calendar.step(nowMs, toSteps(when), unit);
    return nowMs + calendar.startAfter(unit, there, 1) - there;
  };
}

function toSteps({ direction, count }: Distance): number {
  return direction === 'before' ? -count : count;
}
