import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ProfileEvent } from '../../../../flow/events';
import type { ComputedState } from '../../../../subgraphs/profile/domain/computed/computed-attribute';
import {
  type ComputedEngine,
  createComputedEngine,
  EMPTY_STATE,
} from '../../../../subgraphs/profile/domain/computed/computed-engine';
import { computePlainly, type Question } from './brute-force';
import { eventLists, HOUR_MS, questions, START_MS } from './histories';

const RUNS = process.env.ATTUNE_TEST_LONG ? 60_000 : 1_000;
const WINDOWS = [undefined, undefined, 'PT5H', 'P7D', 'P1M', 'P1M2DT3H', 'P1Y'];
const questionOf = questions(WINDOWS);

type Step =
  | { readonly kind: 'add' | 'addMany' | 'read' | 'store'; readonly profile: number }
  | { readonly kind: 'merge'; readonly profile: number; readonly into: number }
  | { readonly kind: 'settle'; readonly profile: number }
  | { readonly kind: 'wait'; readonly hours: number };

const profile = fc.nat({ max: 2 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), profile }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('addMany' as const, 'store' as const), profile }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), profile }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const), profile }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge' as const), profile, into: profile }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.nat({ max: 300 }) }) },
  ),
  { minLength: 5, maxLength: 40 },
);

/** A profile as the engine keeps it, beside every event that it took. */
interface Kept {
  readonly state: ComputedState;
  readonly events: readonly ProfileEvent[];
}

let checks = 0;

function check(question: Question, engine: ComputedEngine, { state, events }: Kept, nowMs: number): void {
  checks++;
  const expected = computePlainly(question, events, nowMs);
  const actual = engine.valueAt(state, nowMs);
  if (question.attribute.function !== 'AFFINITY') expect(actual).toStrictEqual(expected);
  else expectScores(actual as Record<string, number>, expected as Record<string, number>);
}

function expectScores(actual: Record<string, number>, expected: Record<string, number>): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [topic, score] of Object.entries(expected)) {
    const error = Math.abs((actual[topic] ?? Number.NaN) - score);
    expect(error).toBeLessThanOrEqual(1e-10 * Math.max(Math.abs(score), 1e-3));
  }
}

function play(question: Question, events: readonly ProfileEvent[], plan: readonly Step[]): void {
  const engine = createComputedEngine(question.attribute, question);
  const waiting = [...events];
  const profiles: Kept[] = Array.from({ length: 3 }, () => ({ state: EMPTY_STATE, events: [] }));
  const of = (index: number): Kept => profiles[index] ?? { state: EMPTY_STATE, events: [] };
  let nowMs = START_MS + 10 * 24 * HOUR_MS;
  const take = (index: number, count: number): void => {
    const taken = waiting.splice(0, count);
    const kept = of(index);
    const [only] = taken;
    const state = taken.length === 1 && only ? engine.add(kept.state, only) : engine.addAll(kept.state, taken);
    profiles[index] = { state, events: [...kept.events, ...taken] };
  };
  for (const step of plan) {
    if (step.kind === 'wait') nowMs += step.hours * HOUR_MS + 1;
    else if (step.kind === 'read') check(question, engine, of(step.profile), nowMs);
    else if (step.kind === 'add') take(step.profile, 1);
    else if (step.kind === 'addMany') take(step.profile, 5);
    else if (step.kind === 'merge' && step.into !== step.profile) {
      const [from, into] = [of(step.profile), of(step.into)];
      profiles[step.into] = { state: engine.merge(into.state, from.state), events: [...into.events, ...from.events] };
      profiles[step.profile] = { state: EMPTY_STATE, events: [] };
    } else if (step.kind === 'settle' || step.kind === 'store') {
      const { state, events: taken } = of(step.profile);
      const changed = step.kind === 'settle' ? engine.settle(state, nowMs) : JSON.parse(JSON.stringify(state));
      profiles[step.profile] = { state: changed, events: taken };
    }
  }
  take(0, waiting.length);
  const [whole, second, third] = [of(0), of(1), of(2)];
  const merged: Kept = {
    state: engine.merge(third.state, engine.merge(whole.state, second.state)),
    events: [...whole.events, ...second.events, ...third.events],
  };
  for (const hours of [0, 1, 5, 24 * 7, 24 * 28, 24 * 33, 24 * 400]) {
    check(question, engine, merged, nowMs + hours * HOUR_MS);
  }
  const rebuilt = engine.rebuild(events);
  expect(engine.valueAt(merged.state, nowMs)).toStrictEqual(engine.valueAt(rebuilt, nowMs));
  if (question.attribute.window?.startsWith('P1') === true) return;
  expect(engine.settle(merged.state, nowMs)).toEqual(engine.settle(rebuilt, nowMs));
}

describe('P-15 a computed attribute', () => {
  test('is what brute force over all events gives, in any order, with late events, merges and the passing of time', () => {
    checks = 0;
    fc.assert(fc.property(questionOf, eventLists(60_001), steps, play), { numRuns: RUNS, seed: 15 });
    expect(checks).toBeGreaterThan(7_000);
  });

  test('is the same number to the last digit in every order', () => {
    const anyOrder = eventLists(60_001, 12).chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray([...events], { minLength: events.length })),
    );
    fc.assert(
      fc.property(questionOf, anyOrder, (question, [events, shuffled]) => {
        const engine = createComputedEngine(question.attribute, question);
        const oneByOne = shuffled.reduce((state, event) => engine.add(state, event), EMPTY_STATE);
        expect(oneByOne).toStrictEqual(engine.rebuild(events));
      }),
      { numRuns: 1_000, seed: 16 },
    );
  });
});
