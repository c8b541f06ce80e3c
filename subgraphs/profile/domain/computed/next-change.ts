import type { ComputedState, Row } from './computed-attribute';
import type { Keeping } from './keeping';
import { indexAfter } from './rows';
import type { Window } from './window';

/** After so many instants that change nothing, the next is named though it may change nothing either. */
const MOST_VAIN_INSTANTS = 64;

/** The next instant at which rows that come in, or leave the window, change the value; `undefined` for never. */
export function findNextChange(
  keeping: Keeping,
  window: Window | undefined,
  state: ComputedState,
  nowMs: number,
): number | undefined {
  const settled = keeping.settle(state, nowMs);
  const read = (atMs: number): string | undefined => JSON.stringify(keeping.valueAt(settled, atMs));
  const present = read(nowMs);
  let nextMs = findNextMove(settled.rows ?? [], window, nowMs);
  for (let vain = 0; nextMs !== undefined && vain < MOST_VAIN_INSTANTS; vain++) {
    if (read(nextMs) !== present) return nextMs;
    nextMs = findNextMove(settled.rows ?? [], window, nextMs);
  }
  return nextMs;
}

/** The next instant at which scores do more than fade: events come in, leave the window, or are wholly gone. */
export function findNextJump(
  keeping: Keeping,
  window: Window | undefined,
  state: ComputedState,
  nowMs: number,
): number | undefined {
  const settled = keeping.settle(state, nowMs);
  const moveMs = findNextMove(settled.rows ?? [], window, nowMs) ?? Number.POSITIVE_INFINITY;
  const nextMs = Math.min(moveMs, keeping.nextGoneMs(settled, nowMs) ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(nextMs) ? nextMs : undefined;
}

function findNextMove(rows: readonly Row[], window: Window | undefined, nowMs: number): number | undefined {
  const entryMs = rows[indexAfter(rows, nowMs)]?.[0];
  const passMs = window?.nextPassMs(rows, nowMs);
  return entryMs === undefined || passMs === undefined ? (entryMs ?? passMs) : Math.min(entryMs, passMs);
}
