import { createHash } from 'node:crypto';
import { compileRules } from './evaluation/compiled-rules';
import { findNextDue } from './evaluation/due-instants';
import { Engine, toScope } from './evaluation/engine';
import { findNextFade } from './evaluation/fading';
import { cloneState, type RuleState } from './evaluation/state';
import { type PackedState, packState, unpackState } from './pack';
import type { Flip, FlipCause, Person, PersonChange, Rule, RuleMethod, RuleSetOptions } from './rule';

export { type RuleState, sizeOfState } from './evaluation/state';
export type { Flip, FlipCause, Person, PersonChange, Rule, RuleEvent, RuleMethod, RuleSetOptions } from './rule';

/**
 * All published rules, evaluated together. Every answer is about the state's own instant, which `apply` and `advance`
 * move on: what fell due on the way is told first, each at its own due instant, cause TIME.
 */
export interface RuleSet {
  /** The same for the same rules, versions, zone and engine: packed states of another one cannot be read. */
  readonly fingerprint: string;
  readonly ids: readonly string[];
  /** Rules that read `context`, or ask for one that does: they hold for one request, and are not kept here. */
  readonly contextual: readonly string[];
  /** Rules that no incremental form covers: found by `evaluateGeneral`, told by `setGiven`. */
  readonly general: readonly string[];
  /** How a rule is evaluated, and why (S-4). */
  methodOf(id: string): RuleMethod;
  /**
   * The state at `nowMs` of a person read whole.
   * @param given the segments of general rules, and the audiences from elsewhere, that the person is in
   */
  hydrate(person: Person, nowMs: number, given?: Iterable<string>): RuleState;
  /** Folds a change in at `nowMs`. At most one flip a segment at one instant, each rule after those that it asks for. */
  apply(state: RuleState, change: PersonChange, nowMs: number): readonly Flip[];
  /** Lets time pass up to `nowMs`. */
  advance(state: RuleState, nowMs: number): readonly Flip[];
  /** Tells whether the person is in a general rule's segment, or an audience from elsewhere; it and what follows flip. */
  setGiven(state: RuleState, id: string, isMember: boolean, nowMs: number, cause: FlipCause): readonly Flip[];
  /** The flips that lead from the segments that someone was in before to this state: after a merge, or new rules. */
  differences(state: RuleState, before: ReadonlySet<string>, cause: FlipCause): readonly Flip[];
  /** The segments that the person is in, in the order of evaluation. */
  realized(state: RuleState): readonly string[];
  isRealized(state: RuleState, id: string): boolean;
  /** The next instant at which time alone may move something; `undefined` for never. */
  nextDueMs(state: RuleState): number | undefined;
  /**
   * The next instant at which computed scores that fade turn a condition; `undefined` for never. It may be a little early.
   * @param state holds all computed attributes, as of `nowMs`: it has just taken them in
   * @param halfLivesMs of those that fade, by their ids
   */
  nextFadeMs(state: RuleState, halfLivesMs: Readonly<Record<string, number>>, nowMs: number): number | undefined;
  /** True when a condition reads computed attributes together with something else. */
  readonly weighsComputed: boolean;
  clone(state: RuleState): RuleState;
  /** Plain JSON. */
  pack(state: RuleState): unknown;
  /** The state that was packed; `undefined` when it is of another fingerprint or cannot be read. */
  unpack(packed: unknown): RuleState | undefined;
  /** The truth of general rules (default: all) for a person read whole. */
  evaluateGeneral(
    person: Person,
    state: RuleState,
    nowMs: number,
    ids?: readonly string[],
  ): ReadonlyMap<string, boolean>;
  /** The contextual rules that hold for a request. The person's events may be left out when none of them reads any. */
  evaluateContextual(
    person: Person,
    state: RuleState,
    context: Readonly<Record<string, unknown>>,
    nowMs: number,
  ): readonly string[];
}

/** Compiles the rules. `inSegment` of an id that is not among them is an audience from elsewhere, told by `setGiven`. */
export function createRuleSet(rules: readonly Rule[], options: RuleSetOptions = {}): RuleSet {
  const { timeZone = 'UTC', maxEvents = 5000, keptEvents = maxEvents } = options;
  const compiled = compileRules(rules, { timeZone, maxEvents, keptEvents });
  const { positions, leaves, contextual } = compiled;
  const engine = new Engine(compiled);
  const ordered = compiled.rules;
  const generalAt = ordered.flatMap(({ general }, place) => (general ? [place] : []));
  const fingerprint = toFingerprint(rules, timeZone, maxEvents);
  const packing = { fingerprint, leaves, general: generalAt };
  const idAt = (place: number): string => ordered[place]?.id ?? '';

  return {
    fingerprint,
    ids: rules.map(({ id }) => id),
    contextual: [...contextual.keys()],
    general: generalAt.map(idAt),
    methodOf: (id) => ordered[positions.get(id) ?? -1]?.method ?? contextual.get(id) ?? unknownMethod(id),
    hydrate(person, nowMs, given = []) {
      const state = engine.create(nowMs, given);
      engine.read(state, person);
      return state;
    },
    apply: (state, change, nowMs) => engine.apply(state, change, nowMs),
    advance: (state, nowMs) => engine.advance(state, nowMs),
    setGiven: (state, id, isMember, nowMs, cause) =>
      engine.setGiven(state, { id, rule: positions.get(id) }, isMember, nowMs, cause),
    differences: (state, before, cause) =>
      ordered.flatMap(({ id }, place): Flip[] => {
        const isIn = state.realized[place] === 1;
        if (isIn === before.has(id)) return [];
        return [{ segmentId: id, status: isIn ? 'REALIZED' : 'EXITED', atMs: state.asOfMs, cause }];
      }),
    realized: (state) => ordered.flatMap(({ id }, place) => (state.realized[place] === 1 ? [id] : [])),
    isRealized: (state, id) => leaves.isIn(state, id),
    nextDueMs(state) {
      const dueMs = findNextDue(state.due);
      return Number.isFinite(dueMs) ? dueMs : undefined;
    },
    nextFadeMs: (state, halfLivesMs, nowMs) => findNextFade(leaves, state, halfLivesMs, nowMs),
    weighsComputed: leaves.weighsComputed,
    clone: cloneState,
    pack: (state) => packState(state, packing),
    unpack(packed) {
      if (!Array.isArray(packed) || packed[0] !== fingerprint) return undefined;
      const state = engine.create(0, []);
      try {
        unpackState(packed as unknown as PackedState, state, packing);
      } catch {
        return undefined;
      }
      engine.settleAll(state);
      return state;
    },
    evaluateGeneral(person, state, nowMs, ids) {
      const asked = generalAt.filter((place) => !ids || ids.includes(idAt(place)));
      return new Map(asked.map((place) => [idAt(place), engine.askGeneral(place, person, state, nowMs)]));
    },
    evaluateContextual(person, state, context, nowMs) {
      const held = new Set<string>();
      const inSegment = (id: string): boolean => held.has(id) || (!contextual.has(id) && leaves.isIn(state, id));
      const scope = { ...toScope(person, nowMs, inSegment), context };
      for (const { id, answer } of compiled.contextualRules) if (answer(scope).value) held.add(id);
      return [...held];
    },
  };
}

function unknownMethod(id: string): RuleMethod {
  return { method: 'BATCH', reasons: [`There is no rule ${id} here.`] };
}

/** The form of packed states; raised when it changes. */
const FORM = 2;

function toFingerprint(rules: readonly Rule[], timeZone: string, maxEvents: number): string {
  const content = [FORM, timeZone, maxEvents, rules.map(({ id, version, tree, view }) => [id, version, tree, view])];
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
}
