import type { Expression } from '../tree';
import type { Unit } from '../unit';
import type { Calendar } from './calendar';

/** How a reference moves with time: it is now itself, or starts with the unit that lies `shift` from the one of now. */
export interface MovingReference {
  readonly unit?: Unit;
  readonly shift: number;
}

const SHIFTS = { now: 0, today: 0, yesterday: -1, tomorrow: 1, this: 0, last: -1, next: 1 } as const;

/** How the value of this node moves with time; `undefined` for one that does not. */
export function toMovingReference(node: Expression): MovingReference | undefined {
  if (node.kind === 'period') return { unit: node.unit, shift: SHIFTS[node.which] };
  if (node.kind !== 'moment') return undefined;
  return node.name === 'now' ? { shift: 0 } : { unit: 'day', shift: SHIFTS[node.name] };
}

/** Where the reference starts when it is `nowMs`. */
export function startAt({ unit, shift }: MovingReference, nowMs: number, calendar: Calendar): number {
  return unit ? calendar.startAfter(unit, nowMs, shift) : nowMs;
}

/** The first instant at which the reference starts at `x` or later. */
export function reaches({ unit, shift }: MovingReference, x: number, calendar: Calendar): number {
  if (!unit) return x;
  const start = calendar.startOf(unit, x);
  return calendar.startAfter(unit, start === x ? start : calendar.startAfter(unit, x, 1), -shift);
}

/** The first instant after `nowMs` at which the reference starts elsewhere. */
export function movesOn({ unit }: MovingReference, nowMs: number, calendar: Calendar): number {
  return unit ? calendar.startAfter(unit, nowMs, 1) : nowMs + 1;
}

/** The reference that starts where this one ends. */
export function endOf(reference: MovingReference): MovingReference {
  return reference.unit ? { unit: reference.unit, shift: reference.shift + 1 } : reference;
}

/** The same reference by whole days: `on now` is `on today`. */
export function inDays(reference: MovingReference): MovingReference & { readonly unit: Unit } {
  return { unit: reference.unit ?? 'day', shift: reference.shift };
}
