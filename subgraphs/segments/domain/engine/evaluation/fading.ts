import type { FieldTest } from '../planning/leaf';
import { cloneDueInstants } from './due-instants';
import type { FieldColumn } from './field-table';
import type { Leaves } from './leaves';
import type { RuleState } from './state';

type Fields = Readonly<Record<string, unknown>>;
type HalfLives = Readonly<Record<string, number>>;

const NEVER = Number.POSITIVE_INFINITY;
/** Of scores that faded for longer nothing is left. */
const MOST_HALF_LIVES = 64;
const FIRST_STEP_MS = 1_000;

/**
 * When scores that fade turn a condition next, Infinity for never: in closed form where one is compared with a number;
 * for formulas between instants that lie twice as far each, so that what turns there and back again may be missed.
 */
export function findNextFade(leaves: Leaves, state: RuleState, halfLivesMs: HalfLives, nowMs: number): number {
  let nextMs = NEVER;
  const units = new Set<number>();
  for (const [id, halfLifeMs] of Object.entries(halfLivesMs)) {
    const fading = ['computedAttributes', ...id.split('.')];
    for (const column of leaves.columns) {
      if (!isOnOnePath(column.path, fading)) continue;
      nextMs = Math.min(nextMs, findNextCut(column, state, halfLifeMs, nowMs));
      for (const unit of column.formulas) units.add(unit);
    }
  }
  for (const unit of units) nextMs = Math.min(nextMs, findNextTurn(leaves, unit, state, halfLivesMs, nowMs));
  return nextMs;
}

function isOnOnePath(a: readonly string[], b: readonly string[]): boolean {
  const most = Math.min(a.length, b.length);
  for (let index = 0; index < most; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

/** A score s is s · 0.5 ^ (t / half-life) after t: it meets a number c after half-life · log2(s / c). */
function findNextCut({ read, tests }: FieldColumn, state: RuleState, halfLifeMs: number, nowMs: number): number {
  const score = read({ computedAttributes: state.computedAttributes });
  if (typeof score !== 'number') return NEVER;
  const waits = tests.map(({ test }) => halfLifeMs * Math.log2(ratioTo(test, score)));
  const least = waits.reduce((a, b) => (b >= 0 && b < a ? b : a), NEVER);
  // A test turns when its number is met, or just after.
  return Number.isFinite(least) ? Math.max(nowMs + 1, Math.ceil(nowMs + least)) : NEVER;
}

function ratioTo(test: FieldTest, score: number): number {
  return test.kind === 'number' && test.value !== 0 ? score / test.value : Number.NaN;
}

/** The first instant at which a formula's answer is another one. */
function findNextTurn(leaves: Leaves, unit: number, state: RuleState, halfLivesMs: HalfLives, nowMs: number): number {
  const holdsAt = (atMs: number): boolean => {
    const faded = fade(state.computedAttributes, halfLivesMs, atMs - nowMs);
    const probe = { ...state, computedAttributes: faded, profile: undefined, due: cloneDueInstants(state.due) };
    let holds = false;
    leaves.units[unit]?.update(probe, atMs, (_, truth) => {
      holds = truth === 1;
    });
    return holds;
  };
  const present = holdsAt(nowMs);
  const lastMs = MOST_HALF_LIVES * Math.max(...Object.values(halfLivesMs));
  let beforeMs = nowMs;
  for (let stepMs = FIRST_STEP_MS; stepMs <= lastMs; stepMs *= 2) {
    if (holdsAt(nowMs + stepMs) !== present)
      return bisect(beforeMs, nowMs + stepMs, (atMs) => holdsAt(atMs) !== present);
    beforeMs = nowMs + stepMs;
  }
  return NEVER;
}

/** The first instant that `isAfter` is true of: false of `fromMs`, true of `toMs`, and turning once between them. */
function bisect(fromMs: number, toMs: number, isAfter: (atMs: number) => boolean): number {
  let [low, high] = [fromMs, toMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isAfter(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Computed attributes after `passedMs` of fading. */
function fade(computed: Fields, halfLivesMs: HalfLives, passedMs: number): Fields {
  let faded = computed;
  for (const [id, halfLifeMs] of Object.entries(halfLivesMs)) {
    faded = fadeAt(faded, id.split('.'), 2 ** (-passedMs / halfLifeMs));
  }
  return faded;
}

function fadeAt(fields: Fields, [name = '', ...rest]: readonly string[], left: number): Fields {
  const inner = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (typeof inner !== 'object' || inner === null) return fields;
  return { ...fields, [name]: rest.length > 0 ? fadeAt(inner as Fields, rest, left) : scale(inner as Fields, left) };
}

function scale(scores: Fields, left: number): Fields {
  return Object.fromEntries(
    Object.entries(scores).map(([topic, score]) => [topic, typeof score === 'number' ? score * left : score]),
  );
}
