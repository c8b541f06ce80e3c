import type { Calendar } from '../time/calendar';
import type { Compare, Expression } from '../tree';
import { toPlain } from './plain';
import { type Compilation, type Compiled, noteTurn, type Run } from './scope';
import { areEqual, compareValues, toDate } from './values';

const ORDERS: Readonly<Record<'<' | '<=' | '>' | '>=', (difference: number) => boolean>> = {
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
};

/** Compiles a comparison. Beside `now` stands a date, which now will pass. */
export function compileCompare(
  node: Compare,
  compile: (node: Expression) => Compiled,
  compilation: Compilation,
): Compiled {
  const left = notingNow(node.right, toPlain(compile(node.left)), compilation);
  const right = notingNow(node.left, toPlain(compile(node.right)), compilation);
  const { calendar } = compilation;
  const { operator } = node;
  if (operator === '=') return { kind: 'value', run: (run) => areEqual(left(run), right(run), calendar) };
  if (operator === '!=') return { kind: 'value', run: (run) => !areEqual(left(run), right(run), calendar) };
  const holds = ORDERS[operator];
  return { kind: 'value', run: (run) => holds(compareInOrder(left(run), right(run), calendar)) };
}

/** As `compareValues`, but two texts that are dates come by time. */
function compareInOrder(a: unknown, b: unknown, calendar: Calendar): number {
  const first =
    typeof a === 'string' && typeof b === 'string' && mayBeDate(a) && mayBeDate(b) ? calendar.parse(a) : undefined;
  return compareValues(first ?? a, b, calendar);
}

/** A look at the first characters, for most texts are no dates. */
function mayBeDate(text: string): boolean {
  return text.length >= 10 && text[4] === '-' && text[7] === '-';
}

/** Where the other side is `now`, takes note of when now comes to this one, and of when it has passed it. */
function notingNow(other: Expression, evaluate: Compiled['run'], { calendar }: Compilation): Compiled['run'] {
  if (other.kind !== 'moment' || other.name !== 'now') return evaluate;
  return (run: Run) => {
    const value = evaluate(run);
    const atMs = toDate(value, calendar)?.startMs;
    if (atMs !== undefined && atMs >= run.scope.nowMs) noteTurn(run, atMs > run.scope.nowMs ? atMs : atMs + 1);
    return value;
  };
}
