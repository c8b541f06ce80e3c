import { printChainStep } from '../print';
import type { ChainStep, Expression } from '../tree';
import { type Compile, type CompiledChain, compileChain, type Timed } from './chain';
import { MOST_SHOWN, toEventEvidence } from './evidence';
import type { Compilation, Names, PqlEvent, Run } from './scope';

type Chain = Extract<Expression, { kind: 'chain' }>;
type Fitting = readonly (readonly Timed[])[];

/** What can be said of a chain: how far it came, and each of its steps by itself. */
export interface ChainEvidence {
  /** The events that were chosen, and where it does not hold the step that they do not reach. */
  readonly chosen: readonly unknown[];
  readonly steps: readonly StepEvidence[];
}

interface StepEvidence {
  readonly text: string;
  /** How many events fit the step, windows that are measured from other steps apart. */
  readonly value: number;
  /** Whether that would do, were there no other steps. */
  readonly truth: boolean;
  readonly evidence: readonly unknown[];
  readonly children: readonly [];
}

/** Finds what made a chain hold or fail, and how many events there are for each step. */
export function toChainEvidence(
  node: Chain,
  names: Names,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): ChainEvidence {
  const chain = compileChain(node, names, compilation, compile);
  const fitting = chain.read(run);
  const describe = ({ item, t }: Timed): object => {
    return chain.ofEvents ? toEventEvidence(item as PqlEvent) : { item, timestamp: new Date(t).toISOString() };
  };
  const { match, blamed } = matchAsFarAsItGoes(node, chain, fitting, run);
  const chosen = match.flatMap((instants, index) => {
    const events = pickByTime(fitting[index] ?? [], instants);
    return events.slice(-MOST_SHOWN).map((event) => ({ step: node.steps[index]?.label, ...describe(event) }));
  });
  const lacking = blamed ? [{ step: blamed.label, lacking: toLack(blamed, blamed === node.steps[0]) }] : [];
  const steps = node.steps.map((step, index) => toStepEvidence(step, fitting[index] ?? [], describe));
  return { chosen: [...chosen, ...lacking], steps };
}

/** The longest beginning of the chain that holds, and the first step that makes it fail. */
function matchAsFarAsItGoes(
  { steps }: Chain,
  { match }: CompiledChain,
  fitting: Fitting,
  run: Run,
): { readonly match: readonly (readonly number[])[]; readonly blamed?: ChainStep } {
  const whole = match(fitting, run);
  if (whole) return { match: whole };
  // First by the steps that ask for something alone, then by those that forbid something.
  const order = [...steps.filter(({ negated }) => !negated), ...steps.filter(({ negated }) => negated)];
  let found: readonly (readonly number[])[] = [];
  for (const [index, blamed] of order.entries()) {
    const asked = new Set(order.slice(0, index + 1));
    const next = match(fitting, run, (step) => asked.has(step));
    if (!next) return { match: found, blamed };
    found = next;
  }
  return { match: found };
}

function toLack({ negated, when, count }: ChainStep, isFirst: boolean): string {
  if (negated) return `There is an event of this kind where there must be none${when ? ' in this time' : ''}.`;
  const place = isFirst ? '' : ' later than those of the steps before';
  const where = when ? `${place}${isFirst ? '' : ','} in its time` : place;
  if (count?.exactly) return `The number of such events${where} is not ${count.n}.`;
  const few = count && count.n > 1 ? `There are fewer than ${count.n} such events` : 'There is no such event';
  return `${few}${where}.`;
}

function toStepEvidence(step: ChainStep, events: readonly Timed[], describe: (event: Timed) => object): StepEvidence {
  const { negated, count: { n, exactly } = { n: 1, exactly: false } } = step;
  const isEnough = exactly ? events.length === n : events.length >= n;
  return {
    text: printChainStep(step),
    value: events.length,
    truth: negated ? events.length === 0 : isEnough,
    evidence: events.slice(-MOST_SHOWN).map(describe),
    children: [],
  };
}

/** For each instant an event of that time, none twice; both are in order. */
function pickByTime(events: readonly Timed[], instants: readonly number[]): readonly Timed[] {
  let from = 0;
  return instants.flatMap((instant) => {
    const found = events.findIndex(({ t }, index) => index >= from && t === instant);
    if (found < 0) return [];
    from = found + 1;
    return [events[found] as Timed];
  });
}
