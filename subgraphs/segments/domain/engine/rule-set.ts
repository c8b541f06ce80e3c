import { createHash } from 'node:crypto';
import { compileTimedPql, type PqlScope } from '../../../../platform/pql/evaluate';
import { inspectPql } from '../../../../platform/pql/inspect';
import type { Flip, FlipCause, Person, PersonChange, Rule, RuleMethod } from './rule';
import { inOrderOfReference } from './segment-cycle';

export type { Flip, FlipCause, Person, PersonChange, Rule, RuleEvent, RuleMethod } from './rule';

export interface RuleSetOptions {
  /** The IANA zone of days and months (default: UTC). */
  readonly timeZone?: string;
  /** How many events of a person are kept (default: 5,000); rules that need them all say so in their reasons. */
  readonly maxEvents?: number;
}

/** What is known of one person under one rule set. Owned by whoever asked for it; only the rule set reads it. */
export interface RuleState {
  /** Up to when it was evaluated: time never goes back. */
  asOfMs: number;
  person: Person;
  given: Set<string>;
  realized: Uint8Array;
  turnsMs: Float64Array;
}

/**
 * All published rules, evaluated together. Every answer is about the state's own instant, which `apply` and `advance`
 * move on: what fell due on the way is told first, each at its own due instant, cause TIME.
 */
export interface RuleSet {
  /** The same for the same rules, versions, zone and engine: packed states of another one cannot be read. */
  readonly fingerprint: string;
  readonly ids: readonly string[];
  /** Rules that read `context`: they hold for one request, are asked by `evaluateContextual`, and never flip. */
  readonly contextual: readonly string[];
  /** Rules that no incremental form covers: asked by `evaluateGeneral`, told by `setGiven`. */
  readonly general: readonly string[];
  methodOf(id: string): RuleMethod;
  /** The state at `nowMs` of a person read whole. General rules, and audiences from elsewhere, are as in `given`. */
  hydrate(person: Person, nowMs: number, given?: Iterable<string>): RuleState;
  /** Folds a change in at `nowMs`. At most one flip a segment at one instant, each rule after those that it asks for. */
  apply(state: RuleState, change: PersonChange, nowMs: number): readonly Flip[];
  /** Lets time pass up to `nowMs`. */
  advance(state: RuleState, nowMs: number): readonly Flip[];
  /** Tells whether the person is in a general rule's segment, or an audience from elsewhere; it and what follows flip. */
  setGiven(state: RuleState, id: string, isMember: boolean, nowMs: number, cause: FlipCause): readonly Flip[];
  /** The flips that lead from the segments that someone was in before to this state: after a merge, or new rules. */
  differences(state: RuleState, before: ReadonlySet<string>, cause: FlipCause): readonly Flip[];
  /** The segments that the person is in, contextual ones apart, in the order of `ids`. */
  realized(state: RuleState): readonly string[];
  isRealized(state: RuleState, id: string): boolean;
  /** The next instant at which time alone may move something; `undefined` for never. */
  nextDueMs(state: RuleState): number | undefined;
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
  /** The contextual rules that hold for a request. Their `events` may be left empty when none of them reads events. */
  evaluateContextual(
    person: Person,
    state: RuleState,
    context: Readonly<Record<string, unknown>>,
    nowMs: number,
  ): readonly string[];
}

interface CompiledRule extends Rule {
  readonly answer: ReturnType<typeof compileTimedPql>;
  readonly reads: ReturnType<typeof inspectPql>;
}

/** Compiles the rules. `inSegment` of an id that is not among them is an audience from elsewhere, told by `setGiven`. */
export function createRuleSet(rules: readonly Rule[], options: RuleSetOptions = {}): RuleSet {
  const compiled = inOrderOfReference(rules).map((rule): CompiledRule => {
    return { ...rule, answer: compileTimedPql(rule.tree, options), reads: inspectPql(rule.tree) };
  });
  const contextual = findContextual(compiled);
  const kept = compiled.filter(({ id }) => !contextual.has(id));
  const positions = new Map(kept.map(({ id }, index) => [id, index]));
  const fingerprint = toFingerprint(rules, options);

  const isRealized = (state: RuleState, id: string): boolean => {
    const position = positions.get(id);
    return position === undefined ? state.given.has(id) : state.realized[position] === 1;
  };

  const evaluate = (state: RuleState): void => {
    const scope = toScope(state.person, state.asOfMs, (id) => isRealized(state, id));
    kept.forEach(({ answer }, index) => {
      const { value, turnMs } = answer(scope);
      state.realized[index] = value === true ? 1 : 0;
      state.turnsMs[index] = turnMs;
    });
  };

  const flipsOf = (state: RuleState, before: Uint8Array, cause: FlipCause): Flip[] =>
    kept.flatMap(({ id }, index) => {
      if (before[index] === state.realized[index]) return [];
      return [{ segmentId: id, status: state.realized[index] ? 'REALIZED' : 'EXITED', atMs: state.asOfMs, cause }];
    });

  const soonest = (state: RuleState): number => state.turnsMs.reduce((a, b) => Math.min(a, b), Infinity);

  const advance = (state: RuleState, nowMs: number): readonly Flip[] => {
    const flips: Flip[] = [];
    for (let dueMs = soonest(state); dueMs <= nowMs; dueMs = soonest(state)) {
      const before = state.realized.slice();
      state.asOfMs = dueMs;
      evaluate(state);
      flips.push(...flipsOf(state, before, { kind: 'TIME', reference: new Date(dueMs).toISOString() }));
    }
    state.asOfMs = Math.max(state.asOfMs, nowMs);
    return flips;
  };

  const reevaluate = (state: RuleState, nowMs: number, cause: FlipCause, change: () => void): readonly Flip[] => {
    const due = advance(state, nowMs);
    const before = state.realized.slice();
    change();
    evaluate(state);
    return [...due, ...flipsOf(state, before, cause)];
  };

  const clone = (state: RuleState): RuleState => ({
    ...state,
    given: new Set(state.given),
    realized: state.realized.slice(),
    turnsMs: state.turnsMs.slice(),
  });

  return {
    fingerprint,
    ids: rules.map(({ id }) => id),
    contextual: [...contextual],
    general: [],
    methodOf(id) {
      const rule = compiled.find((each) => each.id === id);
      if (!rule) return { method: 'BATCH', reasons: [`There is no published rule ${id}.`] };
      if (contextual.has(id)) return { method: 'EDGE', reasons: ['It reads the request.'] };
      if (rule.reads.readsEvents) return { method: 'STREAMING', reasons: ['It reads events.'] };
      if (rule.reads.readsTime) return { method: 'STREAMING', reasons: ['It reads the time.'] };
      return { method: 'EDGE', reasons: ['It compares attributes of the profile.'] };
    },
    hydrate(person, nowMs, given = []) {
      const state: RuleState = {
        asOfMs: nowMs,
        person,
        given: new Set(given),
        realized: new Uint8Array(kept.length),
        turnsMs: new Float64Array(kept.length),
      };
      evaluate(state);
      return state;
    },
    apply(state, change, nowMs) {
      const last = change.events.at(-1);
      const cause =
        change.cause.kind === 'EVENT' && last ? { kind: 'EVENT' as const, reference: last.key } : change.cause;
      return reevaluate(state, nowMs, cause, () => {
        state.person = withChange(state.person, change);
      });
    },
    advance,
    setGiven(state, id, isMember, nowMs, cause) {
      return reevaluate(state, nowMs, cause, () => {
        if (isMember) state.given.add(id);
        else state.given.delete(id);
      });
    },
    differences(state, before, cause) {
      const bits = Uint8Array.from(kept, ({ id }) => (before.has(id) ? 1 : 0));
      return flipsOf(state, bits, cause);
    },
    realized: (state) => kept.filter((_, index) => state.realized[index] === 1).map(({ id }) => id),
    isRealized,
    nextDueMs(state) {
      const dueMs = soonest(state);
      return Number.isFinite(dueMs) ? dueMs : undefined;
    },
    clone,
    pack: (state) => packState(fingerprint, state),
    unpack: (packed) => unpackState(fingerprint, packed),
    evaluateGeneral: () => new Map(),
    evaluateContextual(person, state, context, nowMs) {
      const held = new Set<string>();
      const scope = { ...toScope(person, nowMs, (id) => held.has(id) || isRealized(state, id)), context };
      for (const { id, answer } of compiled) if (contextual.has(id) && answer(scope).value === true) held.add(id);
      return [...held];
    },
  };
}

/** Rules that read the request, or ask for one that does. */
function findContextual(ordered: readonly CompiledRule[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { id, reads } of ordered) {
    if (reads.readsContext || reads.segments.some((segment) => found.has(segment))) found.add(id);
  }
  return found;
}

function toScope(person: Person, nowMs: number, inSegment: (id: string) => boolean): PqlScope {
  const { attributes, computedAttributes = {}, events } = person;
  return { profile: { ...attributes, computedAttributes }, events, nowMs, inSegment };
}

function withChange(person: Person, { events, attributes, computedAttributes }: PersonChange): Person {
  return {
    attributes: attributes ?? person.attributes,
    computedAttributes: computedAttributes ?? person.computedAttributes ?? {},
    events: events.length > 0 ? [...person.events, ...events] : person.events,
  };
}

function toFingerprint(rules: readonly Rule[], { timeZone = 'UTC' }: RuleSetOptions): string {
  const content = JSON.stringify([1, timeZone, rules.map(({ id, version, tree }) => [id, version, tree])]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}

function packState(fingerprint: string, { asOfMs, person, given, realized, turnsMs }: RuleState): string {
  return JSON.stringify([fingerprint, asOfMs, person, [...given], [...realized], [...turnsMs].map(String)]);
}

function unpackState(fingerprint: string, packed: unknown): RuleState | undefined {
  try {
    const [of, asOfMs, person, given, realized, turns] = JSON.parse(String(packed));
    if (of !== fingerprint) return undefined;
    const turnsMs = Float64Array.from(turns, Number);
    return { asOfMs, person, given: new Set(given), realized: Uint8Array.from(realized), turnsMs };
  } catch {
    return undefined;
  }
}
