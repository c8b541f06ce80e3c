import type { Aggregate, Row } from '../computed-attribute';
import { addDecimals, addNumbers, type Decimal, ZERO } from './decimal';
import { isKept } from './picks';

/**
 * The score that a topic took within one half-life, counted from 1970, as if all were read at that half-life's start.
 * Without half-life there is one, number 0.
 */
type Score = readonly [topic: string, halfLife: number, sum: Decimal];

/** After so many half-lives nothing is left of an event; it is then less than a double can add to a fresh one. */
const FADED_AFTER = 64;
/** Scores that fade are rounded to so many digits, so that powers of two come out as they should. */
const DIGITS = 12;

interface AffinityOptions {
  readonly weights: Readonly<Record<string, number>>;
  readonly halfLifeMs?: number;
}

/** Topic → the sum of weight · 0.5 ^ (age / half-life). Topics are text, or numbers as text. */
export function createAffinity({ weights, halfLifeMs }: AffinityOptions): Aggregate<readonly Score[]> {
  const clock = createHalfLives(halfLifeMs);
  return {
    empty: [],
    rowsOf: ({ timestampMs, data }, values) => {
      const weight = weightOf(data.eventType, weights);
      return weight === 0 ? [] : values.flatMap(toTopic).map((topic) => [timestampMs, topic, weight]);
    },
    fold: (whole, rows) => (rows.length === 0 ? whole : mergeScores(whole, toScores(rows, clock))),
    merge: mergeScores,
    read: (whole, nowMs) => readScores(whole.map(toTerm), nowMs, clock),
    ...(clock.fades ? { readRows: (rows, nowMs) => readScores(rows.map(toTermAt(clock)), nowMs, clock) } : {}),
    ...(clock.fades ? { nextGoneMs: (whole, nowMs) => findNextGone(whole, nowMs, clock) } : {}),
    forget: (whole, nowMs) => {
      const oldest = clock.at(nowMs).number - FADED_AFTER;
      return whole.some(([, number]) => number < oldest) ? whole.filter(([, number]) => number >= oldest) : whole;
    },
  };
}

/** Counts half-lives. The parts are whole milliseconds, so that nothing is lost far from 1970. */
interface HalfLives {
  readonly fades: boolean;
  readonly lengthMs: number;
  readonly at: (ms: number) => { readonly number: number; readonly passed: number };
}

function createHalfLives(lengthMs: number | undefined): HalfLives {
  if (lengthMs === undefined)
    return { fades: false, lengthMs: Number.POSITIVE_INFINITY, at: () => ({ number: 0, passed: 0 }) };
  return {
    fades: true,
    lengthMs,
    at: (ms) => {
      const number = Math.floor(ms / lengthMs);
      return { number, passed: (ms - number * lengthMs) / lengthMs };
    },
  };
}

function weightOf(eventType: unknown, weights: Readonly<Record<string, number>>): number {
  if (typeof eventType !== 'string' || !Object.hasOwn(weights, eventType)) return 1;
  return weights[eventType] ?? 1;
}

function toTopic(value: unknown): readonly string[] {
  return isKept(value) && typeof value !== 'boolean' && value !== '' ? [String(value)] : [];
}

function toScores(rows: readonly Row[], clock: HalfLives): readonly Score[] {
  const found = new Map<string, { topic: string; number: number; scores: number[] }>();
  for (const [atMs, value, weight] of rows) {
    const [topic, { number, passed }] = [String(value), clock.at(atMs)];
    const key = `${number} ${topic}`;
    const score = Number(weight) * 2 ** passed;
    const known = found.get(key);
    if (known) known.scores.push(score);
    else found.set(key, { topic, number, scores: [score] });
  }
  return [...found.values()].map(({ topic, number, scores }) => [topic, number, addNumbers(ZERO, scores)]);
}

/** Sorted by topic and half-life, each pair once. */
function mergeScores(a: readonly Score[], b: readonly Score[]): readonly Score[] {
  const merged: Score[] = [];
  for (const score of [...a, ...b].sort(compareScores)) {
    const last = merged.at(-1);
    if (last && compareScores(last, score) === 0) {
      merged[merged.length - 1] = [last[0], last[1], addDecimals(last[2], score[2])];
    } else {
      merged.push(score);
    }
  }
  return merged;
}

function compareScores(a: Score, b: Score): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  return a[1] - b[1];
}

type Term = readonly [topic: string, halfLife: number, score: number];

function toTerm([topic, number, sum]: Score): Term {
  return [topic, number, Number(sum)];
}

function toTermAt(clock: HalfLives): (row: Row) => Term {
  return ([atMs, topic, weight]) => {
    const { number, passed } = clock.at(atMs);
    return [String(topic), number, Number(weight) * 2 ** passed];
  };
}

function readScores(terms: readonly Term[], nowMs: number, clock: HalfLives): Readonly<Record<string, number>> {
  const now = clock.at(nowMs);
  const totals = new Map<string, number>();
  for (const [topic, number, score] of terms) {
    if (clock.fades && number < now.number - FADED_AFTER) continue;
    totals.set(topic, (totals.get(topic) ?? 0) + score * 2 ** (number - now.number));
  }
  if (!clock.fades) return Object.fromEntries(totals);
  const left = 2 ** -now.passed;
  const scores = [...totals].map(([topic, total]): [string, number] => [topic, round(total * left)]);
  return Object.fromEntries(scores.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** When the first of the topics is left with nothing. */
function findNextGone(whole: readonly Score[], nowMs: number, { at, lengthMs }: HalfLives): number | undefined {
  const oldest = at(nowMs).number - FADED_AFTER;
  const newest = new Map<string, number>();
  for (const [topic, number] of whole) if (number >= oldest) newest.set(topic, number);
  const first = [...newest.values()].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return Number.isFinite(first) ? Math.ceil((first + FADED_AFTER + 1) * lengthMs) : undefined;
}

function round(score: number): number {
  return Number(score.toPrecision(DIGITS));
}
