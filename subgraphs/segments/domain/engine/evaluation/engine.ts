import type { PqlScope } from '../../../../../platform/pql/evaluate';
import type { Flip, FlipCause, Person, PersonChange } from '../rule';
import type { CompiledRule, CompiledRules } from './compiled-rules';
import { DirtyRules } from './dirty-rules';
import { createDueInstants, findNextDue, forEachDue } from './due-instants';
import { EventIndex } from './event-index';
import type { Tell } from './field-table';
import type { Leaves } from './leaves';
import { ProfileFields } from './profile-fields';
import { NONE, type Programs, runProgram } from './program';
import type { RuleState } from './state';
import type { Unit } from './unit';

/** A rule that moved, what it was before, and what moved it last. */
interface Moved {
  readonly before: number;
  readonly cause: FlipCause;
}

const NOTHING: RuleState['attributes'] = {};

/** Moves states on: by changes and by time. Between calls it holds nothing of them. */
export class Engine {
  private readonly rules: readonly CompiledRule[];
  private readonly programs: Programs;
  private readonly leaves: Leaves;
  /** By condition: the rules that ask it. */
  private readonly readers: CompiledRules['readers'];
  private readonly dirty: DirtyRules;
  private readonly events: EventIndex;
  private readonly fields: ProfileFields;
  /** By rule: the units that ask whether someone is in its segment. */
  private readonly askers: readonly (readonly number[] | undefined)[];
  private readonly generalPlaces: readonly number[];
  /** Units whose truth is not kept in packed states; those that ask for segments apart. */
  private readonly moving: readonly number[];
  private readonly asking: readonly number[];
  /** By group of windows: how many there are, as none holds of someone new. */
  private readonly allTooShort: Int32Array;

  constructor({ rules, programs, leaves, readers }: CompiledRules) {
    this.rules = rules;
    this.programs = programs;
    this.leaves = leaves;
    this.readers = readers;
    this.dirty = new DirtyRules(rules.length);
    this.events = new EventIndex(leaves);
    this.fields = new ProfileFields(leaves.columns);
    this.askers = rules.map(({ id }) => leaves.bySegment.get(id));
    this.generalPlaces = rules.flatMap(({ general }, place) => (general ? [place] : []));
    const apart = new Set([...leaves.stillUnits, ...[...leaves.bySegment.values()].flat()]);
    this.moving = leaves.units.map((_, unit) => unit).filter((unit) => !apart.has(unit));
    this.asking = [...new Set([...leaves.bySegment.values()].flat())];
    this.allTooShort = Int32Array.from(leaves.groups, (group) => group.leaves.length);
  }

  /** Nothing known of anybody but the segments that they are in by what was told. */
  create(nowMs: number, told: Iterable<string>): RuleState {
    const given = new Set(told);
    const { leaves } = this;
    const realized = new Uint8Array(this.rules.length);
    for (const place of this.generalPlaces) if (given.has(this.rules[place]?.id ?? '')) realized[place] = 1;
    return {
      asOfMs: nowMs,
      attributes: NOTHING,
      computedAttributes: NOTHING,
      profile: undefined,
      fields: undefined,
      truth: new Uint8Array(leaves.count),
      due: createDueInstants(leaves.timed.length),
      tooShort: this.allTooShort.slice(),
      realized,
      given,
      series: new Array(leaves.series.length).fill(undefined),
    };
  }

  /** Reads a person whole. */
  read(state: RuleState, person: Person): void {
    state.attributes = person.attributes;
    state.computedAttributes = person.computedAttributes ?? NOTHING;
    const tell = tellSilently(state);
    this.fields.readAll(state);
    for (const event of person.events) this.events.add(state, event);
    for (const unit of this.leaves.stillUnits) this.unitAt(unit).update(state, state.asOfMs, tell);
    this.settleAll(state);
  }

  /** Finds the truth of everything that is not kept in a packed state. General rules stay as they were told. */
  settleAll(state: RuleState): void {
    const tell = tellSilently(state);
    for (const unit of this.moving) this.unitAt(unit).update(state, state.asOfMs, tell);
    for (const unit of this.asking) this.unitAt(unit).update(state, state.asOfMs, tell);
    const { code, entries } = this.programs;
    for (let rule = 0; rule < entries.length; rule++) {
      const entry = entries[rule] as number;
      if (entry !== NONE) state.realized[rule] = runProgram(code, entry, state.truth);
      const askers = this.askers[rule];
      if (askers) for (const unit of askers) this.unitAt(unit).update(state, state.asOfMs, tell);
    }
  }

  /** The truth of a general rule for a person read whole. */
  askGeneral(rule: number, person: Person, state: RuleState, nowMs: number): boolean {
    const { general } = this.rules[rule] as CompiledRule;
    return general?.(toScope(person, nowMs, (id) => this.leaves.isIn(state, id))).value ?? false;
  }

  /** Lets time pass, each due instant in its turn. */
  advance(state: RuleState, nowMs: number): Flip[] {
    const flips: Flip[] = [];
    for (let dueMs = findNextDue(state.due); dueMs <= nowMs; dueMs = findNextDue(state.due)) {
      const moved = new Map<number, Moved>();
      state.asOfMs = dueMs;
      const tell = this.tellRules(state);
      forEachDue(state.due, dueMs, (number) => this.unitAt(this.leaves.timed[number]).update(state, dueMs, tell));
      if (findNextDue(state.due) <= dueMs)
        throw new Error(`A condition that was due at ${dueMs} names no later instant.`);
      this.settle(state, { kind: 'TIME', reference: new Date(dueMs).toISOString() }, moved, tell);
      this.emit(state, moved, flips);
    }
    if (nowMs > state.asOfMs) state.asOfMs = nowMs;
    return flips;
  }

  /** Folds a change in, what falls due before it first. */
  apply(state: RuleState, change: PersonChange, nowMs: number): Flip[] {
    const flips = this.advance(state, nowMs);
    const moved = new Map<number, Moved>();
    const tell = this.tellRules(state);
    if (change.attributes || change.computedAttributes) {
      const units = this.fields.change(state, change, tell);
      for (const unit of units) this.unitAt(unit).update(state, state.asOfMs, tell);
      this.settle(state, change.cause, moved, tell);
    }
    for (const event of change.events) {
      for (const { readers } of this.events.add(state, event)) {
        for (const unit of readers) this.unitAt(unit).update(state, state.asOfMs, tell);
      }
      const cause: FlipCause = change.cause.kind === 'EVENT' ? { kind: 'EVENT', reference: event.key } : change.cause;
      this.settle(state, cause, moved, tell);
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
    const tell = this.tellRules(state);
    if (rule !== undefined) this.move(state, rule, isMember ? 1 : 0, cause, moved, tell);
    else {
      if (isMember) state.given.add(id);
      else state.given.delete(id);
      for (const unit of this.leaves.bySegment.get(id) ?? []) this.unitAt(unit).update(state, state.asOfMs, tell);
    }
    this.settle(state, cause, moved, tell);
    this.emit(state, moved, flips);
    return flips;
  }

  private unitAt(unit: number | undefined): Unit {
    return this.leaves.units[unit ?? -1] as Unit;
  }

  /** Takes down what conditions come to, and which rules are to be asked again for it. */
  private tellRules({ truth }: RuleState): Tell {
    const { readers, dirty } = this;
    return (leaf, holds) => {
      if (truth[leaf] === holds) return;
      truth[leaf] = holds;
      for (const rule of readers[leaf] as readonly number[]) dirty.add(rule);
    };
  }

  /** Asks the rules whose conditions turned, and those that ask for their segments. */
  private settle(state: RuleState, cause: FlipCause, moved: Map<number, Moved>, tell: Tell): void {
    const { code, entries } = this.programs;
    for (let rule = this.dirty.take(); rule >= 0; rule = this.dirty.take()) {
      const entry = entries[rule] as number;
      if (entry !== NONE) this.move(state, rule, runProgram(code, entry, state.truth), cause, moved, tell);
    }
  }

  private move(
    state: RuleState,
    rule: number,
    realized: 0 | 1,
    cause: FlipCause,
    moved: Map<number, Moved>,
    tell: Tell,
  ): void {
    const before = state.realized[rule] as number;
    if (before === realized) return;
    moved.set(rule, { before: moved.get(rule)?.before ?? before, cause });
    state.realized[rule] = realized;
    for (const unit of this.askers[rule] ?? []) this.unitAt(unit).update(state, state.asOfMs, tell);
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

/** Takes down what conditions come to, for a state whose rules are all asked afterwards. */
function tellSilently({ truth }: RuleState): Tell {
  return (leaf, holds) => {
    truth[leaf] = holds;
  };
}

/** What rules that are evaluated over a person as a whole are asked about. */
export function toScope(person: Person, nowMs: number, inSegment: (id: string) => boolean): PqlScope {
  const { attributes, computedAttributes = {}, events } = person;
  return { profile: { ...attributes, computedAttributes }, events, nowMs, inSegment };
}
