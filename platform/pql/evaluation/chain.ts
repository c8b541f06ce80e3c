import { asCondition } from '../condition';
import { type TimeTest, toTimeTest } from '../time/holds';
import type { Span } from '../time/span';
import type { Chain, ChainStep, Expression, TimeCondition } from '../tree';
import { type ChainMatch, type MatchStep, matchChain } from './chain-match';
import type { Compilation, Compiled, Names, Run } from './scope';
import { withItem } from './scope';
import { compileCondition } from './time';
import { toDate, toList } from './values';

/** Compiles one node with the names at its place. */
export type Compile = (node: Expression, names: Names) => Compiled;

/** Something that happened, and when. */
export interface Timed {
  readonly item: unknown;
  readonly t: number;
}

export interface CompiledChain {
  /** True when its list is of events, and not of anything else. */
  readonly ofEvents: boolean;
  /** For each step what fits it, in the order of time: all that can be told without the other steps. */
  read(run: Run): readonly (readonly Timed[])[];
  /** The choice that makes the chain hold; `undefined` when there is none. Steps that are not asked for ask nothing. */
  match(
    fitting: readonly (readonly Timed[])[],
    run: Run,
    isAsked?: (step: ChainStep) => boolean,
  ): ChainMatch | undefined;
}

interface CompiledStep {
  readonly step: ChainStep;
  readonly isWhat: (run: Run) => boolean;
  readonly toWindow: (run: Run) => MatchStep['isInWindow'];
  readonly anchors: readonly number[];
}

/** Compiles a chain: WHAT sees one event, WHEN the names around the chain and the steps before. */
export function compileChain(chain: Chain, names: Names, compilation: Compilation, compile: Compile): CompiledChain {
  const events = compile(chain.events, names);
  const slot = compilation.newSlot();
  const inner = withItem(names, { slot, kind: events.kind === 'events' ? 'event' : 'value' });
  const timestamp = createTimestamp(compile(chain.timestamp, inner), compilation);
  const steps = chain.steps.map((step, index): CompiledStep => {
    const what = compile(asCondition(step.what), inner).run;
    const window = compileWindow(step.when, chain.steps.slice(0, index), names, compilation, compile);
    return { step, isWhat: (run) => what(run) === true, ...window };
  });
  return {
    ofEvents: events.kind === 'events',
    read(run) {
      const items = toList(events.run(run));
      const timed = items.map((item) => ({ item, t: timestamp(run, slot, item) })).filter(({ t }) => !Number.isNaN(t));
      timed.sort((a, b) => a.t - b.t);
      return steps.map((step) => findFitting(step, timed, slot, run));
    },
    match: (fitting, run, isAsked = () => true) =>
      matchChain(
        steps.map((step, index) => (isAsked(step.step) ? toMatchStep(step, fitting[index] ?? [], run) : NOTHING)),
      ),
  };
}

const NOTHING: MatchStep = {
  negated: true,
  n: 1,
  exactly: false,
  candidates: [],
  windowed: false,
  anchors: [],
  isInWindow: () => false,
};

function findFitting(
  { isWhat, toWindow, anchors }: CompiledStep,
  timed: readonly Timed[],
  slot: number,
  run: Run,
): readonly Timed[] {
  const isInWindow = toWindow(run);
  return timed.filter(({ item, t }) => {
    if (anchors.length === 0 && !isInWindow(t, [])) return false;
    run.slots[slot] = item;
    return isWhat(run);
  });
}

function toMatchStep({ step, toWindow, anchors }: CompiledStep, fitting: readonly Timed[], run: Run): MatchStep {
  return {
    negated: step.negated === true,
    n: step.count?.n ?? 1,
    exactly: step.count?.exactly ?? false,
    candidates: fitting.map(({ t }) => t),
    windowed: step.when !== undefined,
    anchors,
    isInWindow: toWindow(run),
  };
}

function createTimestamp(compiled: Compiled, { calendar }: Compilation) {
  return (run: Run, slot: number, item: unknown): number => {
    run.slots[slot] = item;
    return toDate(compiled.run(run), calendar)?.startMs ?? Number.NaN;
  };
}

type ToSpan = (run: Run, ends: readonly number[]) => Span | undefined;

function compileWindow(
  when: TimeCondition | undefined,
  before: readonly ChainStep[],
  names: Names,
  compilation: Compilation,
  compile: Compile,
): Pick<CompiledStep, 'toWindow' | 'anchors'> {
  if (!when) return { toWindow: () => () => true, anchors: [] };
  const references = when.kind === 'between' ? [when.low, when.high] : [when.reference];
  const anchors = references.map((node) => findAnchor(node, before)).filter((anchor) => anchor >= 0);
  if (anchors.length > 0) return { toWindow: compileAnchored(when, before, names, compilation, compile), anchors };
  const isFulfilled = compileCondition(when, compilation, (node) => compile(node, names));
  return { toWindow: (run) => (t) => isFulfilled(t, run), anchors };
}

/** A window that is measured from steps before. */
function compileAnchored(
  when: TimeCondition,
  before: readonly ChainStep[],
  names: Names,
  compilation: Compilation,
  compile: Compile,
): CompiledStep['toWindow'] {
  const test: TimeTest = toTimeTest(when, compilation.calendar);
  const compileReference = (node: Expression): ToSpan => {
    const anchor = findAnchor(node, before);
    if (anchor >= 0) return (_, ends) => toEndSpan(ends[anchor]);
    const { run: evaluate } = compile(node, names);
    return (run) => toDate(evaluate(run), compilation.calendar);
  };
  const reference = compileReference(when.kind === 'between' ? when.low : when.reference);
  const high = when.kind === 'between' ? compileReference(when.high) : undefined;
  return (run) => (t, ends) => test(t, reference(run, ends), high?.(run, ends));
}

function toEndSpan(end: number | undefined): Span | undefined {
  return end === undefined || Number.isNaN(end) ? undefined : { startMs: end, endMs: end };
}

/** The position of the step that a reference names, -1 for none. */
export function findAnchor(reference: Expression, before: readonly ChainStep[]): number {
  if (reference.kind !== 'name' || reference.up > 0) return -1;
  return before.findIndex(({ label, negated }) => label === reference.name && !negated);
}
