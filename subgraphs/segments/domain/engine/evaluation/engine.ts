import type { PqlScope } from '../../../../../platform/pql/evaluate';
import type { Flip, FlipCause, Person, PersonChange, RuleEvent } from '../rule';
import type { CompiledRule, CompiledRules } from './compiled-rules';
import { DirtyRules } from './dirty-rules';
import { createFieldTests, type FieldColumn, type FieldTests } from './field-table';
import type { Leaves } from './leaves';
import { runProgram } from './program';
import { addEvent, type SeriesPlan } from './series-plan';
import { findNextDueMs, profileOf, type RuleState } from './state';

/** A rule that moved, what it was before, and what moved it last. */
interface Moved {
  readonly before: number;
  readonly cause: FlipCause;
}

/** Moves states on: by changes and by time. Between calls it holds nothing of them. */
export class Engine {
  private readonly rules: readonly CompiledRule[];
  private readonly leaves: Leaves;
  private readonly readers: CompiledRules['readers'];
  private readonly dirty: DirtyRules;
  private readonly seriesByType = new Map<string, SeriesPlan[]>();
  private readonly seriesOfAnyType: SeriesPlan[] = [];
  /** By rule: the conditions that ask whether someone is in its segment. */
  private readonly askers: readonly (readonly number[])[];
  private readonly generalPlaces: readonly number[];
  /** Conditions whose truth is not kept in packed states; those that ask for segments apart. */
  private readonly fieldTests: readonly FieldTests[];
  private readonly readsComputed: readonly boolean[];
  private readonly moving: readonly number[];
  private readonly asking: readonly number[];

  constructor({ rules, leaves, readers }: CompiledRules) {
    this.rules = rules;
    this.leaves = leaves;
    this.readers = readers;
    this.dirty = new DirtyRules(rules.length);
    this.askers = rules.map(({ id }) => leaves.bySegment.get(id) ?? []);
    for (const plan of leaves.series) this.indexSeries(plan);
    this.fieldTests = leaves.columns.map(createFieldTests);
    this.readsComputed = leaves.columns.map(({ path }) => path[0] === 'computedAttributes');
    this.generalPlaces = rules.flatMap(({ general }, place) => (general ? [place] : []));
    const still = new Set(leaves.still);
    const asking = new Set([...leaves.bySegment.values()].flat());
    this.moving = leaves.live.map((_, leaf) => leaf).filter((leaf) => !still.has(leaf) && !asking.has(leaf));
    this.asking = [...asking];
  }

  /** Nothing known of anybody but the segments that they are in by what was told. */
  create(nowMs: number, told: Iterable<string>): RuleState {
    const given = new Set(told);
    const realized = new Uint8Array(this.rules.length);
    for (const place of this.generalPlaces) if (given.has(this.rules[place]?.id ?? '')) realized[place] = 1;
    return {
      asOfMs: nowMs,
      attributes: NOTHING,
      computedAttributes: NOTHING,
      profile: undefined,
      fields: undefined,
      truth: new Uint8Array(this.leaves.count),
      dueMs: new Float64Array(this.leaves.timed.length).fill(Number.POSITIVE_INFINITY),
      nextDueMs: Number.POSITIVE_INFINITY,
      realized,
      given,
      series: new Array(this.leaves.series.length).fill(undefined),
    };
  }

  /** Reads a person whole. */
  read(state: RuleState, person: Person): void {
    state.attributes = person.attributes;
    state.computedAttributes = person.computedAttributes ?? NOTHING;
    state.profile = undefined;
    const { truth } = state;
    const tell = (leaf: number, holds: 0 | 1): void => {
      truth[leaf] = holds;
    };
    const fields = this.readFields(state);
    for (let column = 0; column < fields.length; column++) {
      (this.fieldTests[column] as FieldTests).testChange(NO_VALUE, fields[column], tell);
    }
    state.fields = fields;
    for (const event of person.events) this.fill(state, event);
    for (const leaf of this.leaves.still) this.testSilently(state, leaf);
    this.settleAll(state);
  }

  /** Finds the truth of everything that is not kept in a packed state. General rules stay as they were told. */
  settleAll(state: RuleState): void {
    for (const leaf of this.moving) this.testSilently(state, leaf);
    for (const leaf of this.asking) this.testSilently(state, leaf);
    for (let index = 0; index < this.rules.length; index++) {
      const rule = this.rules[index] as CompiledRule;
      if (rule.program) state.realized[index] = runProgram(rule.program, state.truth) ? 1 : 0;
      for (const leaf of this.askers[index] as readonly number[]) this.testSilently(state, leaf);
    }
  }

  /** The truth of a general rule for a person read whole. */
  askGeneral(rule: number, person: Person, state: RuleState, nowMs: number): boolean {
    const { general } = this.rules[rule] as CompiledRule;
    return general?.(toScope(person, nowMs, (id) => this.leaves.isIn(state, id))).value === true;
  }

  /** Lets time pass, each due instant in its turn. */
  advance(state: RuleState, nowMs: number): Flip[] {
    const flips: Flip[] = [];
    for (let dueMs = findNextDueMs(state); dueMs <= nowMs; dueMs = findNextDueMs(state)) {
      const moved = new Map<number, Moved>();
      state.asOfMs = dueMs;
      const { timed } = this.leaves;
      for (let i = 0; i < timed.length; i++) {
        if ((state.dueMs[i] as number) <= dueMs) this.testLive(state, timed[i] as number);
      }
      this.settle(state, { kind: 'TIME', reference: new Date(dueMs).toISOString() }, moved);
      this.emit(state, moved, flips);
    }
    if (nowMs > state.asOfMs) state.asOfMs = nowMs;
    return flips;
  }

  apply(state: RuleState, change: PersonChange, nowMs: number): Flip[] {
    const flips = this.advance(state, nowMs);
    const moved = new Map<number, Moved>();
    if (change.attributes || change.computedAttributes) {
      this.changeProfile(state, change);
      this.settle(state, change.cause, moved);
    }
    for (const event of change.events) {
      for (const plan of this.fill(state, event)) for (const leaf of plan.readers) this.testLive(state, leaf);
      const cause: FlipCause = change.cause.kind === 'EVENT' ? { kind: 'EVENT', reference: event.key } : change.cause;
      this.settle(state, cause, moved);
    }
    this.emit(state, moved, flips);
    return flips;
  }

  /** Tells whether the person is in a general rule's segment, or in an audience from elsewhere. */
  setGiven(
    state: RuleState,
    { id, rule }: { readonly id: string; readonly rule: number | undefined },
    isMember: boolean,
    nowMs: number,
    cause: FlipCause,
  ): Flip[] {
    const flips = this.advance(state, nowMs);
    const moved = new Map<number, Moved>();
    if (rule !== undefined) this.move(state, rule, isMember ? 1 : 0, cause, moved);
    else {
      if (isMember) state.given.add(id);
      else state.given.delete(id);
      for (const leaf of this.leaves.bySegment.get(id) ?? []) this.testLive(state, leaf);
    }
    this.settle(state, cause, moved);
    this.emit(state, moved, flips);
    return flips;
  }

  private indexSeries(plan: SeriesPlan): void {
    if (!plan.eventTypes) {
      this.seriesOfAnyType.push(plan);
      return;
    }
    for (const type of plan.eventTypes) {
      const plans = this.seriesByType.get(type);
      if (plans) plans.push(plan);
      else this.seriesByType.set(type, [plan]);
    }
  }

  /** Adds an event to the series that it fits. */
  private fill(state: RuleState, event: RuleEvent): readonly SeriesPlan[] {
    const type = event.data.eventType;
    const filled: SeriesPlan[] = [];
    if (typeof type === 'string') this.fillThose(this.seriesByType.get(type) ?? [], state, event, filled);
    this.fillThose(this.seriesOfAnyType, state, event, filled);
    return filled;
  }

  private fillThose(plans: readonly SeriesPlan[], state: RuleState, event: RuleEvent, filled: SeriesPlan[]): void {
    const { mostEvents: most, calendar } = this.leaves;
    for (const plan of plans) {
      if (!plan.fits(event)) continue;
      const before = state.series[plan.index];
      state.series[plan.index] = addEvent(plan, before, event, { nowMs: state.asOfMs, most, calendar });
      filled.push(plan);
    }
  }

  private readFields(state: RuleState): unknown[] {
    const { columns } = this.leaves;
    const computed = { computedAttributes: state.computedAttributes };
    const fields = new Array<unknown>(columns.length);
    for (let index = 0; index < columns.length; index++) {
      const { path, read } = columns[index] as FieldColumn;
      fields[index] = read(
        path.length === 0 ? profileOf(state) : this.readsComputed[index] ? computed : state.attributes,
      );
    }
    return fields;
  }

  /** Reads again the part of the profile that came: the attributes, the computed ones, or both. */
  private changeProfile(state: RuleState, { attributes, computedAttributes }: PersonChange): void {
    const { fields: before } = state;
    state.attributes = attributes ?? state.attributes;
    state.computedAttributes = computedAttributes ?? state.computedAttributes;
    state.profile = undefined;
    const fields = this.readFields(state);
    const formulas = new Set<number>();
    const tell = (leaf: number, truth: 0 | 1): void => this.setTruth(state, leaf, truth);
    for (let column = 0; column < fields.length; column++) {
      const { path, formulas: readers } = this.leaves.columns[column] as FieldColumn;
      const came = this.readsComputed[column] ? computedAttributes : (attributes ?? path.length === 0);
      const value = fields[column];
      if (!came) fields[column] = before?.[column];
      if (!came || (before && before[column] === value && typeof value !== 'object')) continue;
      const tests = this.fieldTests[column] as FieldTests;
      if (before) tests.testChange(before[column], value, tell);
      else tests.testAll(value, tell);
      for (const leaf of readers) formulas.add(leaf);
    }
    state.fields = fields;
    for (const leaf of formulas) this.testLive(state, leaf);
  }

  private testSilently(state: RuleState, leaf: number): void {
    const live = this.leaves.live[leaf];
    if (live) state.truth[leaf] = live.test(state, state.asOfMs) ? 1 : 0;
  }

  private testLive(state: RuleState, leaf: number): void {
    const live = this.leaves.live[leaf];
    if (live) this.setTruth(state, leaf, live.test(state, state.asOfMs) ? 1 : 0);
  }

  private setTruth(state: RuleState, leaf: number, truth: 0 | 1): void {
    if (state.truth[leaf] === truth) return;
    state.truth[leaf] = truth;
    for (const rule of this.readers[leaf] ?? []) this.dirty.add(rule);
  }

  /** Asks the rules whose conditions turned, and those that ask for their segments. */
  private settle(state: RuleState, cause: FlipCause, moved: Map<number, Moved>): void {
    for (let rule = this.dirty.take(); rule >= 0; rule = this.dirty.take()) {
      const { program } = this.rules[rule] as CompiledRule;
      if (program) this.move(state, rule, runProgram(program, state.truth) ? 1 : 0, cause, moved);
    }
  }

  private move(state: RuleState, rule: number, realized: 0 | 1, cause: FlipCause, moved: Map<number, Moved>): void {
    const before = state.realized[rule] as number;
    if (before === realized) return;
    moved.set(rule, { before: moved.get(rule)?.before ?? before, cause });
    state.realized[rule] = realized;
    for (const leaf of this.askers[rule] ?? []) this.testLive(state, leaf);
  }

  /** The flips of what is other than it was, in the order of evaluation. */
  private emit(state: RuleState, moved: ReadonlyMap<number, Moved>, flips: Flip[]): void {
    if (moved.size === 0) return;
    for (const [rule, { before, cause }] of [...moved].sort(([a], [b]) => a - b)) {
      const realized = state.realized[rule] as number;
      if (realized === before) continue;
      const { id } = this.rules[rule] as CompiledRule;
      flips.push({ segmentId: id, status: realized ? 'REALIZED' : 'EXITED', atMs: state.asOfMs, cause });
    }
  }
}

const NOTHING: RuleState['attributes'] = {};

/** A value that no test holds for. */
const NO_VALUE = Symbol('no value');

/** What rules that are evaluated over a person as a whole are asked about. */
export function toScope(person: Person, nowMs: number, inSegment: (id: string) => boolean): PqlScope {
  const { attributes, computedAttributes = {}, events } = person;
  return { profile: { ...attributes, computedAttributes }, events, nowMs, inSegment };
}
