import type { Chain, ChainStep, Expression, Position } from '../tree';
import type { Parsing } from './parsing';
import { SyntaxFailure } from './syntax-failure';
import { parseTimeCondition } from './time-condition';

/** Reads `(xEvent, timestamp, [A: WHAT(…) WHEN(…) COUNT(…), …])`. */
export function parseChain(parsing: Parsing, at: Position): Chain {
  return parsing.inBrackets('(', ')', () => {
    const events = parsing.expression(parsing);
    parsing.expectSymbol(',');
    const timestamp = parsing.perItem(() => parsing.expression(parsing));
    parsing.expectSymbol(',');
    return { kind: 'chain', events, timestamp, steps: parsing.inBrackets('[', ']', () => parseSteps(parsing)), at };
  });
}

function parseSteps(parsing: Parsing): readonly ChainStep[] {
  const steps = [parseStep(parsing, new Set())];
  const labels = new Set(steps.map(({ label }) => label));
  while (parsing.takeSymbol(',')) {
    const step = parseStep(parsing, labels);
    labels.add(step.label);
    steps.push(step);
  }
  if (steps.every(({ negated }) => negated) && steps.length > 1) {
    throw new SyntaxFailure('A chain of several steps needs one that is not negated', steps[0]?.at ?? START);
  }
  steps.forEach((step, index) => {
    checkWindow(step, steps.slice(0, index), steps);
  });
  return steps;
}

/** A window may be measured from a step before it that is not negated. */
function checkWindow({ when }: ChainStep, before: readonly ChainStep[], all: readonly ChainStep[]): void {
  if (!when) return;
  for (const reference of when.kind === 'between' ? [when.low, when.high] : [when.reference]) {
    const label = reference.kind === 'name' && reference.up === 0 ? reference.name : undefined;
    const isStep = all.some((step) => step.label === label);
    if (!isStep || before.some((step) => step.label === label && !step.negated)) continue;
    throw new SyntaxFailure(`A window is measured from a step before it, not negated; ${label} is none`, reference.at);
  }
}

const START = { line: 1, column: 1 };

function parseStep(parsing: Parsing, before: ReadonlySet<string>): ChainStep {
  const { at } = parsing.peek();
  const label = parsing.expectName('the name of a step');
  if (before.has(label)) throw new SyntaxFailure(`The step ${label} stands twice`, at);
  parsing.expectSymbol(':');
  const negated = parsing.takeWord('not') || parsing.takeSymbol('!');
  parsing.expectWord('what');
  const what = parseWhat(parsing);
  const details = parseDetails(parsing, negated);
  return { label, ...(negated ? { negated: true as const } : {}), what, ...details, at };
}

/** `(…)`, and `WHERE(…)` when more is asked of the same event. */
function parseWhat(parsing: Parsing): Expression {
  const read = (): Expression => parsing.inBrackets('(', ')', () => parsing.perItem(() => parsing.expression(parsing)));
  const what = read();
  if (!parsing.takeWord('where')) return what;
  const of = [what, read()].flatMap((part) => (part.kind === 'and' ? part.of : [part]));
  return { kind: 'and', of, at: what.at };
}

function parseDetails(parsing: Parsing, negated: boolean): Pick<ChainStep, 'when' | 'count'> {
  const details: { when?: ChainStep['when']; count?: ChainStep['count'] } = {};
  for (;;) {
    const { at } = parsing.peek();
    if (!details.when && parsing.takeWord('when')) {
      details.when = parsing.inBrackets('(', ')', () => parseTimeCondition(parsing));
    } else if (!details.count && parsing.takeWord('count')) {
      if (negated) throw new SyntaxFailure('A negated step cannot count', at);
      details.count = parsing.inBrackets('(', ')', () => parseCount(parsing));
    } else return details as Pick<ChainStep, 'when' | 'count'>;
  }
}

/** `5` and `>= 5` are at least five, `= 5` exactly five. */
function parseCount(parsing: Parsing): NonNullable<ChainStep['count']> {
  const exactly = parsing.takeSymbol('=') || parsing.takeWord('exactly');
  const more = !exactly && parsing.takeSymbol('>');
  if (!exactly && !more && !parsing.takeSymbol('>=') && parsing.takeWord('at')) parsing.expectWord('least');
  const { at } = parsing.peek();
  const n = parsing.expectWhole('a whole number') + (more ? 1 : 0);
  if (n < 1) throw new SyntaxFailure('A step counts at least 1; for none at all, negate it', at);
  return { exactly, n };
}
