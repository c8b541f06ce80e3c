import type { ProfileEvent } from '../../../flow/events';
import type { ComputedAttribute, ComputedState } from './computed/computed-attribute';
import { type ComputedEngine, EMPTY_STATE } from './computed/computed-engine';
import { toComputedAttributes } from './computed/computed-values';
import { datasetOf, itemKey } from './item';

/** A computed attribute ready for use. */
export interface ComputedInUse {
  readonly id: string;
  readonly definition: ComputedAttribute;
  /** Changes when what is kept for it must be made anew. */
  readonly fingerprint: string;
  readonly engine: ComputedEngine;
}

/** What is kept of one identity's events, by attribute. */
export type StatesByAttribute = Readonly<Record<string, readonly [fingerprint: string, state: ComputedState]>>;

/** What is kept for the computed attributes of one identity. */
export interface KeptComputed {
  readonly states: StatesByAttribute;
  /** What of it is of events that are past keeping, by dataset: from it and the kept events, `states` can be made anew. */
  readonly past?: PastStates;
}

type PastStates = Readonly<Record<string, StatesByAttribute>>;

/** The computed attributes of a person, and when time alone changes them next. */
export interface ComputedValues {
  readonly values: Readonly<Record<string, unknown>>;
  readonly untilMs?: number;
  /** The half-lives of those whose scores fade, by their ids. */
  readonly halfLivesMs?: Readonly<Record<string, number>>;
}

/** The same as it is told to others. */
export function toComputedFields({ values, untilMs, halfLivesMs }: ComputedValues) {
  return {
    computedAttributes: values,
    ...(untilMs === undefined ? {} : { computedUntilMs: untilMs }),
    ...(halfLivesMs ? { computedHalfLivesMs: halfLivesMs } : {}),
  };
}

// States of more rows are made smaller when they change.
const SETTLED_ROWS = 128;
// Questions are about instants up to so long ago.
const LATE_QUESTION_MS = 3_600_000;

/** True when every attribute's state is kept, by its present definition. */
export function isComplete(states: StatesByAttribute | undefined, attributes: readonly ComputedInUse[]): boolean {
  return states !== undefined && attributes.every(({ id, fingerprint }) => states[id]?.[0] === fingerprint);
}

/** The states with some events more; the same object when none of them counts. Attributes that are no more are left out. */
export function addEvents(
  states: StatesByAttribute,
  attributes: readonly ComputedInUse[],
  events: readonly ProfileEvent[],
  nowMs: number,
): StatesByAttribute {
  let changed = Object.keys(states).length !== attributes.length;
  const next = attributes.map(({ id, fingerprint, engine }) => {
    const kept = states[id];
    const before = kept?.[0] === fingerprint ? kept[1] : EMPTY_STATE;
    const after = engine.addAll(before, events);
    changed ||= after !== before || kept?.[0] !== fingerprint;
    const settled =
      after !== before && (after.rows?.length ?? 0) > SETTLED_ROWS
        ? engine.settle(after, nowMs - LATE_QUESTION_MS)
        : after;
    return [id, [fingerprint, settled]] as const;
  });
  return changed ? Object.fromEntries(next) : states;
}

/** What is kept of events past keeping, with some more that leave now. */
export function addPast(
  past: PastStates = {},
  attributes: readonly ComputedInUse[],
  leaving: readonly ProfileEvent[],
  nowMs: number,
): PastStates {
  const next: Record<string, StatesByAttribute> = { ...past };
  for (const dataset of new Set(leaving.map(({ key }) => datasetOf(key)))) {
    const own = leaving.filter(({ key }) => datasetOf(key) === dataset);
    next[dataset] = addEvents(next[dataset] ?? {}, attributes, own, nowMs);
  }
  return next;
}

/** The states of what is past keeping, of all datasets that show: events can be added to them. */
export function statesOfPast(
  past: PastStates = {},
  attributes: readonly ComputedInUse[],
  isShown: (key: string) => boolean,
): StatesByAttribute {
  const shown = Object.keys(past).filter((dataset) => isShown(itemKey(dataset, '')));
  if (shown.length === 0) return {};
  return Object.fromEntries(
    attributes.map(({ id, fingerprint, engine }) => {
      const own = shown.flatMap((dataset) => {
        const [by, state] = past[dataset]?.[id] ?? [];
        return by === fingerprint && state ? [state] : [];
      });
      return [id, [fingerprint, own.reduce((a, b) => engine.merge(a, b), EMPTY_STATE)]] as const;
    }),
  );
}

/** What the states of a person's identities come to at an instant. */
export function valuesOf(
  attributes: readonly ComputedInUse[],
  states: readonly StatesByAttribute[],
  nowMs: number,
): ComputedValues {
  let untilMs = Number.POSITIVE_INFINITY;
  const halfLives: [string, number][] = [];
  const values = attributes.map(({ id, engine }) => {
    const own = states.flatMap((each) => (each[id] ? [each[id][1]] : []));
    const whole = own.reduce((a, b) => engine.merge(a, b), EMPTY_STATE);
    untilMs = Math.min(untilMs, engine.nextChangeMs(whole, nowMs) ?? Number.POSITIVE_INFINITY);
    if (engine.halfLifeMs !== undefined && whole !== EMPTY_STATE) halfLives.push([id, engine.halfLifeMs]);
    return [id, engine.valueAt(whole, nowMs)] as const;
  });
  return {
    values: toComputedAttributes(values),
    ...(Number.isFinite(untilMs) ? { untilMs } : {}),
    ...(halfLives.length > 0 ? { halfLivesMs: Object.fromEntries(halfLives) } : {}),
  };
}
