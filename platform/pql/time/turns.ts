import type { TimeCondition } from '../tree';
import { anniversaryInYearOf, nearestAnniversary } from './anniversaries';
import type { Calendar } from './calendar';
import { createDistanceFinder } from './distance-turns';
import { endOf, inDays, type MovingReference, movesOn, reaches, startAt, toMovingReference } from './moving';

/**
 * The first instant after `nowMs` at which a condition about `t` may turn by the passing of time alone; until then its
 * answer stays. Infinity when it never turns again.
 */
export type TurnFinder = (t: number, nowMs: number) => number;

/** How to find the turns of a condition; `undefined` when none of its references moves. */
export function createTurnFinder(when: TimeCondition, calendar: Calendar): TurnFinder | undefined {
  if (when.kind === 'between') return createBetweenFinder(when, calendar);
  const reference = toMovingReference(when.reference);
  if (!reference) return undefined;
  if (when.kind === 'distance') return createDistanceFinder(when, reference, calendar);
  if (when.ignoringYear) return createYearlessFinder(when.kind, reference, calendar);
  return createSpanFinder(when.kind, reference, calendar);
}

type SpanKind = 'before' | 'after' | 'from' | 'on';

function createSpanFinder(kind: SpanKind, reference: MovingReference, calendar: Calendar): TurnFinder {
  const leaves = kind === 'after' ? endOf(reference) : inDays(reference);
  switch (kind) {
    case 'before':
    case 'from':
      return (t, nowMs) => ifLater(reaches(reference, t + 1, calendar), nowMs);
    case 'after':
      return (t, nowMs) => ifLater(reaches(leaves, reference.unit ? t + 1 : t, calendar), nowMs);
    case 'on':
      return (t, nowMs) => {
        const meets = reaches(endOf(leaves), t + 1, calendar);
        return meets > nowMs ? meets : ifLater(reaches(leaves, t + 1, calendar), nowMs);
      };
  }
}

function createBetweenFinder(
  when: Extract<TimeCondition, { kind: 'between' }>,
  calendar: Calendar,
): TurnFinder | undefined {
  const [low, high] = [toMovingReference(when.low), toMovingReference(when.high)];
  if (when.ignoringYear) {
    const units = [low, high].filter((each) => each !== undefined).map(inDays);
    return units.length > 0 ? (_, nowMs) => soonest([{ unit: 'day', shift: 0 }, ...units], nowMs, calendar) : undefined;
  }
  const finders = [low && createSpanFinder('from', low, calendar), high && createSpanFinder('after', high, calendar)];
  const moving = finders.filter((each) => each !== undefined);
  return moving.length > 0 ? (t, nowMs) => Math.min(...moving.map((find) => find(t, nowMs))) : undefined;
}

/** Looks again whenever the day changes, or now passes an anniversary; a whole unit waits for the next one. */
function createYearlessFinder(kind: SpanKind, reference: MovingReference, calendar: Calendar): TurnFinder {
  if (kind === 'on') return createAnniversaryFinder(inDays(reference), calendar);
  return (t, nowMs) => {
    const moves = Math.min(
      calendar.startAfter('day', nowMs, 1),
      reference.unit ? movesOn(reference, nowMs, calendar) : Infinity,
    );
    if (reference.unit) return moves;
    const anniversary = anniversaryInYearOf(t, nowMs, calendar);
    return Math.min(moves, ...[anniversary, anniversary + 1].filter((each) => each > nowMs));
  };
}

function createAnniversaryFinder(reference: MovingReference, calendar: Calendar): TurnFinder {
  return (t, nowMs) => {
    const moves = movesOn(reference, nowMs, calendar);
    const [start, end] = [startAt(reference, nowMs, calendar), startAt(endOf(reference), nowMs, calendar)];
    if (nearestAnniversary(t, start, 1, calendar) < end) return moves;
    const meets = reaches(endOf(reference), nearestAnniversary(t, end, 1, calendar) + 1, calendar);
    return Math.max(moves, meets);
  };
}

function soonest(references: readonly MovingReference[], nowMs: number, calendar: Calendar): number {
  return Math.min(...references.map((reference) => movesOn(reference, nowMs, calendar)));
}

/** `atMs` when it is still to come. */
function ifLater(atMs: number, nowMs: number): number {
  return atMs > nowMs ? atMs : Number.POSITIVE_INFINITY;
}
