import { DateValue, toInstant } from '../time/date-value';
import { toTimeTest } from '../time/holds';
import { movesOn, startAt, toMovingReference } from '../time/moving';
import { createTurnFinder } from '../time/turns';
import type { Expression, Moment, Occurs, Period, TimeCondition } from '../tree';
import { type Compilation, type Compiled, noteTurn, type Run } from './scope';
import { toDate } from './values';

/** Compiles `now`, `today`, `yesterday`, `tomorrow`. */
export function compileMoment(node: Moment, { calendar }: Compilation): Compiled {
  const moving = toMovingReference(node);
  if (!moving?.unit) return { kind: 'value', run: (run) => toInstant(run.scope.nowMs) };
  return {
    kind: 'value',
    run: noting((run) => calendar.dayOf(startAt(moving, run.scope.nowMs, calendar)), node, calendar),
  };
}

/** Compiles `this month`, `last week`, `next year`. */
export function compilePeriod(node: Period, { calendar }: Compilation): Compiled {
  const moving = toMovingReference(node) ?? { shift: 0 };
  const evaluate = (run: Run): DateValue => {
    const startMs = startAt(moving, run.scope.nowMs, calendar);
    return new DateValue(startMs, calendar.startAfter(node.unit, startMs, 1));
  };
  return { kind: 'value', run: noting(evaluate, node, calendar) };
}

function noting(evaluate: Compiled['run'], node: Expression, calendar: Compilation['calendar']): Compiled['run'] {
  const moving = toMovingReference(node) ?? { shift: 0 };
  return (run) => {
    noteTurn(run, movesOn(moving, run.scope.nowMs, calendar));
    return evaluate(run);
  };
}

/** Compiles `t occurs …`. */
export function compileOccurs(
  node: Occurs,
  compilation: Compilation,
  compile: (node: Expression) => Compiled,
): Compiled {
  const of = compile(node.of).run;
  const isFulfilled = compileCondition(node.when, compilation, compile);
  return {
    kind: 'value',
    run: (run) => isFulfilled(toDate(of(run), compilation.calendar)?.startMs ?? Number.NaN, run),
  };
}

/** Compiles what follows `occurs` to a test of an instant, NaN where it is missing. Takes note of its turns. */
export function compileCondition(
  when: TimeCondition,
  { calendar }: Compilation,
  compile: (node: Expression) => Compiled,
): (t: number, run: Run) => boolean {
  const test = toTimeTest(when, calendar);
  const findTurn = createTurnFinder(when, calendar);
  const [low, high] = when.kind === 'between' ? [when.low, when.high] : [when.reference, undefined];
  const reference = compileReference(low, calendar, compile);
  const last = high && compileReference(high, calendar, compile);
  return (t, run) => {
    if (findTurn && !Number.isNaN(t)) noteTurn(run, findTurn(t, run.scope.nowMs));
    return test(t, reference(run), last?.(run));
  };
}

/** A reference that moves with time takes no note of it: the condition as a whole does. */
function compileReference(
  node: Expression,
  calendar: Compilation['calendar'],
  compile: (node: Expression) => Compiled,
): (run: Run) => DateValue | undefined {
  const moving = toMovingReference(node);
  if (!moving) {
    const evaluate = compile(node).run;
    return (run) => toDate(evaluate(run), calendar);
  }
  if (!moving.unit) return (run) => toInstant(run.scope.nowMs);
  const { unit, shift } = moving;
  return (run) => {
    const { nowMs } = run.scope;
    return new DateValue(calendar.startAfter(unit, nowMs, shift), calendar.startAfter(unit, nowMs, shift + 1));
  };
}
