import { asCondition } from '../condition';
import { compilePattern, createPatternCache } from '../regex';
import type { Call, Expression } from '../tree';
import type { Compile } from './chain';
import { aggregates, applySet, distinct, setFunctions } from './list-functions';
import { compilePerItem } from './per-item';
import { toPlain } from './plain';
import { type Compilation, type Compiled, type Names, noteTurn, type Run } from './scope';
import { oppositeTests, testTexts, textTests } from './text-functions';
import { areEqual, isMissing, toDate, toList, toText, withoutCase } from './values';

type Evaluate = (run: Run) => unknown;
type Make = (parts: readonly Evaluate[], call: Call, compilation: Compilation) => Evaluate;

const nothing: Evaluate = () => undefined;

/** Compiles a call by its function's name. */
export function compileCall(call: Call, names: Names, compilation: Compilation, compile: Compile): Compiled {
  const perItem = compilePerItem(call, names, compilation, compile);
  if (perItem) return perItem;
  const [first] = call.arguments;
  if (first && (call.function === 'count' || call.function === 'head' || call.function === 'distinct')) {
    return compileOfList(call.function, compile(first, names));
  }
  const parts = call.arguments.map((part, index) => {
    const isTest = call.function === 'if' && index === 0;
    return toPlain(compile(isTest ? asCondition(part) : part, names));
  });
  return { kind: 'value', run: compileSimple(call, parts, compilation) };
}

/** Functions that leave events as they are. */
function compileOfList(name: 'count' | 'head' | 'distinct', { kind, run: evaluate }: Compiled): Compiled {
  if (name === 'count') return { kind: 'value', run: (run) => toList(evaluate(run)).length };
  if (name === 'head') {
    return { kind: kind === 'events' ? 'event' : kind, run: (run) => toList(evaluate(run))[0] };
  }
  if (kind === 'value') return { kind, run: (run) => distinct(toList(evaluate(run))) };
  // Each event is one of its own, also beside another that says the same.
  return { kind: 'events', run: (run) => toList(evaluate(run)) };
}

function compileSimple(call: Call, parts: readonly Evaluate[], compilation: Compilation): Evaluate {
  const { function: name } = call;
  const [left = nothing, right = nothing, third] = parts;
  const ignoresCase = toIgnoresCase(third);
  const positive = oppositeTests[name];
  if (positive) {
    const test = compileSimple({ ...call, function: positive }, parts, compilation);
    return (run) => test(run) !== true;
  }
  const textTest = textTests[name];
  if (textTest) return (run) => testTexts(textTest, left(run), right(run), ignoresCase(run));
  const setFunction = setFunctions[name];
  const { calendar } = compilation;
  if (setFunction) return (run) => applySet(setFunction, left(run), right(run), ignoresCase(run), calendar);
  const aggregate = aggregates[name];
  if (aggregate) return (run) => aggregate(toList(left(run)), calendar);
  return OTHERS[name]?.(parts, call, compilation) ?? nothing;
}

function toIgnoresCase(third: Evaluate | undefined): (run: Run) => boolean {
  return third ? (run) => third(run) === false : () => false;
}

const OTHERS: Readonly<Record<string, Make>> = {
  equals: ([left = nothing, right = nothing, third], _, { calendar }) => {
    const ignoresCase = toIgnoresCase(third);
    return (run) => {
      const [a, b] = [left(run), right(run)];
      return ignoresCase(run) ? areEqual(withoutCase(a), withoutCase(b), calendar) : areEqual(a, b, calendar);
    };
  },
  matches: (parts, call) => {
    const find = compileMatch(parts, call, 2);
    return (run) => find(run)?.test === true;
  },
  regexGroup: (parts, call) => {
    const find = compileMatch(parts, call, 3);
    const [, , group = nothing] = parts;
    return (run) => {
      const n = group(run);
      return typeof n === 'number' ? find(run)?.groups()?.[n] : undefined;
    };
  },
  if:
    ([test = nothing, yes = nothing, no = nothing]) =>
    (run) =>
      test(run) === true ? yes(run) : no(run),
  isNull:
    ([of = nothing]) =>
    (run) =>
      isMissing(of(run)),
  isNotNull:
    ([of = nothing]) =>
    (run) =>
      !isMissing(of(run)),
  get:
    ([map = nothing, key = nothing]) =>
    (run) =>
      readKey(map(run), key(run)),
  keys:
    ([map = nothing]) =>
    (run) =>
      Object.keys(toMap(map(run))),
  values:
    ([map = nothing]) =>
    (run) =>
      Object.values(toMap(map(run))).filter((value) => !isMissing(value)),
  inSegment:
    ([id = nothing]) =>
    (run) => {
      const segment = id(run);
      if (typeof segment !== 'string') return false;
      const { inSegment, turnOfSegment } = run.scope;
      if (turnOfSegment) noteTurn(run, turnOfSegment(segment));
      return inSegment?.(segment) === true;
    },
  date:
    ([year = nothing, month = nothing, day = nothing], _, { calendar }) =>
    (run) =>
      calendar.day(Number(year(run)), Number(month(run)), Number(day(run))),
  getYear:
    ([of = nothing], _, compilation) =>
    (run) =>
      toParts(of(run), compilation)?.year,
  getMonth:
    ([of = nothing], _, compilation) =>
    (run) =>
      toParts(of(run), compilation)?.month,
  getDayOfMonth:
    ([of = nothing], _, compilation) =>
    (run) =>
      toParts(of(run), compilation)?.day,
  currentYear: (_, __, compilation) => (run) => toCurrent(run, 'year', compilation),
  currentMonth: (_, __, compilation) => (run) => toCurrent(run, 'month', compilation),
  currentDayOfMonth: (_, __, compilation) => (run) => toCurrent(run, 'day', compilation),
};

interface PatternMatch {
  readonly test: boolean;
  readonly groups: () => readonly (string | undefined)[] | undefined;
}

/** A pattern that stands in the rule is compiled once; one that comes with the data, when it is met. */
function compileMatch(parts: readonly Evaluate[], call: Call, caseAt: number): (run: Run) => PatternMatch | undefined {
  const [subject = nothing, source = nothing] = parts;
  const ignoresCase = toIgnoresCase(parts[caseAt]);
  const literal = call.arguments[1];
  const fixed = literal && isFixedCase(call.arguments[caseAt]) ? toFixedPattern(literal, call.arguments[caseAt]) : null;
  const cache = createPatternCache();
  return (run) => {
    const text = toText(subject(run));
    const pattern = fixed ?? cache(toText(source(run)) ?? '(', ignoresCase(run));
    if (text === undefined || !pattern) return undefined;
    return { test: pattern.test(text), groups: () => pattern.exec(text) };
  };
}

function isFixedCase(node: Expression | undefined): boolean {
  return node === undefined || node.kind === 'literal';
}

function toFixedPattern(source: Expression, ignoreCase: Expression | undefined) {
  if (source.kind !== 'literal' || typeof source.value !== 'string') return null;
  const compiled = compilePattern(source.value, ignoreCase?.kind === 'literal' && ignoreCase.value === false);
  return typeof compiled === 'string' ? null : compiled;
}

function readKey(map: unknown, key: unknown): unknown {
  const fields = toMap(map);
  return typeof key === 'string' && Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function toMap(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function toParts(value: unknown, { calendar }: Compilation) {
  const date = toDate(value, calendar);
  return date && calendar.partsOf(date.startMs);
}

function toCurrent(run: Run, unit: 'year' | 'month' | 'day', { calendar }: Compilation): number {
  const { nowMs } = run.scope;
  noteTurn(run, calendar.startAfter(unit, nowMs, 1));
  return calendar.partsOf(nowMs)[unit];
}
