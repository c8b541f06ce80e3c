import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileRule } from '../../../platform/pql/evaluate';
import { printPql } from '../../../platform/pql/print';
import {
  createRuleSet,
  type Flip,
  type Person,
  type Rule,
  type RuleEvent,
  type RuleSet,
  type RuleState,
} from '../../../subgraphs/segments/domain/engine/rule-set';
import { type Happening, histories, ruleSets, START_MS } from './random-people';

const IS_LONG = process.env.ATTUNE_TEST_LONG !== undefined;

/** Every rule evaluated over the raw history: what the engine must agree with. */
class BruteForce {
  readonly events: RuleEvent[] = [];
  attributes: Person['attributes'] = {};
  computedAttributes: Person['attributes'] = {};
  isGiven = false;
  private readonly rules: readonly { readonly id: string; readonly holds: ReturnType<typeof compileRule> }[];

  constructor(rules: readonly Rule[], timeZone: string) {
    this.rules = rules.map(({ id, tree }) => ({ id, holds: compileRule(tree, { timeZone }) }));
  }

  get person(): Person {
    return { attributes: this.attributes, computedAttributes: this.computedAttributes, events: this.events };
  }

  realized(nowMs: number): readonly string[] {
    const held = new Set(this.isGiven ? ['elsewhere'] : []);
    const profile = { ...this.attributes, computedAttributes: this.computedAttributes };
    const scope = { profile, events: this.events, nowMs, inSegment: (id: string) => held.has(id) };
    for (const { id, holds } of this.rules) if (holds(scope)) held.add(id);
    held.delete('elsewhere');
    return [...held];
  }
}

/** Follows a person with engine and brute force side by side. */
class Comparison {
  checks = 0;
  private state: RuleState;
  private nowMs = START_MS;
  private members: Set<string>;

  constructor(
    private readonly rules: RuleSet,
    private readonly oracle: BruteForce,
    private readonly texts: string,
  ) {
    this.state = rules.hydrate(oracle.person, START_MS);
    this.members = new Set(rules.realized(this.state));
    this.check(START_MS);
  }

  take(happening: Happening, number: number): void {
    const untilMs = this.nowMs + happening.afterMs;
    this.passTime(untilMs);
    this.nowMs = untilMs;
    this.follow(this.happen(happening, number), untilMs);
    this.check(untilMs);
    const anew = this.rules.hydrate(this.oracle.person, untilMs, this.oracle.isGiven ? ['elsewhere'] : []);
    this.agree('read anew', this.rules.realized(anew), this.rules.realized(this.state));
  }

  private happen(happening: Happening, number: number): readonly Flip[] {
    const nowMs = this.nowMs;
    switch (happening.kind) {
      case 'event': {
        const event = { key: `d|${number}`, timestampMs: nowMs - happening.lateMs, data: happening.data };
        this.oracle.events.push(event);
        return this.rules.apply(this.state, { cause: { kind: 'EVENT' }, events: [event] }, nowMs);
      }
      case 'attributes':
      case 'computed': {
        const { kind: _, afterMs: __, ...change } = happening;
        Object.assign(this.oracle, change);
        return this.rules.apply(this.state, { cause: { kind: 'RECORD' }, events: [], ...change }, nowMs);
      }
      case 'given':
        this.oracle.isGiven = happening.isMember;
        return this.rules.setGiven(this.state, 'elsewhere', happening.isMember, nowMs, { kind: 'IMPORT' });
      case 'repack':
        this.repack();
        return [];
      case 'time':
        return this.rules.advance(this.state, nowMs);
    }
  }

  private repack(): void {
    const packed = JSON.parse(JSON.stringify(this.rules.pack(this.state)));
    const unpacked = this.rules.unpack(packed);
    if (!unpacked) throw new Error('A packed state must be readable');
    this.state = unpacked;
  }

  /** Stops at some instants on the way, just before and at each that is due. */
  private passTime(untilMs: number): void {
    let reachedMs = this.nowMs;
    for (let stops = 0; stops < 40; stops++) {
      const dueMs = this.rules.nextDueMs(this.state);
      if (dueMs === undefined || dueMs > untilMs) break;
      this.check(dueMs - 1);
      this.follow(this.rules.advance(this.state, dueMs), dueMs);
      this.check(dueMs);
      reachedMs = dueMs;
    }
    const middle = Math.floor((reachedMs + untilMs) / 2);
    if (middle > reachedMs) this.follow(this.rules.advance(this.rules.clone(this.state), middle), middle, true);
    this.follow(this.rules.advance(this.state, untilMs), untilMs);
    this.check(untilMs);
  }

  private follow(flips: readonly Flip[], untilMs: number, isLook = false): void {
    const members = isLook ? new Set(this.members) : this.members;
    let atMs = Number.NEGATIVE_INFINITY;
    for (const flip of flips) {
      expect(flip.atMs).toBeGreaterThanOrEqual(atMs);
      atMs = flip.atMs;
      this.agree(JSON.stringify(flip), members.has(flip.segmentId), flip.status === 'EXITED');
      if (flip.status === 'REALIZED') members.add(flip.segmentId);
      else members.delete(flip.segmentId);
    }
    if (!isLook) return;
    this.agree(`a look at ${untilMs}`, [...members].sort(), [...this.oracle.realized(untilMs)].sort());
  }

  private check(nowMs: number): void {
    const expected = this.oracle.realized(nowMs);
    this.checks += this.rules.ids.length;
    this.agree(`at ${nowMs}`, this.rules.realized(this.state), expected);
    this.agree(`told at ${nowMs}`, [...this.members].sort(), [...expected].sort());
  }

  private agree(what: string, found: unknown, expected: unknown): void {
    const [text, wanted] = [JSON.stringify(found), JSON.stringify(expected)];
    if (text !== wanted) throw new Error(`${what}: ${text} and not ${wanted}\n${this.texts}`);
  }
}

describe('the rule set, against brute force over the raw history', () => {
  for (const [index, timeZone] of ['UTC', 'Europe/Berlin', 'America/New_York'].entries()) {
    it(`S-5 S-7 random rules, late events and clock moves agree at every instant, ${timeZone}`, () => {
      let [checks, kept, dropped] = [0, 0, 0];
      fc.assert(
        fc.property(ruleSets, histories, (all, happenings) => {
          const general = new Set(createRuleSet(all, { timeZone }).general);
          const rules = all.filter(({ id }) => !general.has(id));
          kept += rules.length;
          dropped += general.size;
          const texts = rules.map(({ id, tree }) => `${id}: ${printPql(tree)}`).join('\n');
          const comparison = new Comparison(createRuleSet(rules, { timeZone }), new BruteForce(rules, timeZone), texts);
          happenings.forEach((happening, number) => {
            comparison.take(happening, number);
          });
          checks += comparison.checks;
        }),
        { numRuns: IS_LONG ? 5000 : 120, seed: 31 + index },
      );
      expect(dropped / kept).toBeLessThan(0.02);
      expect(checks).toBeGreaterThan(IS_LONG ? 1_000_000 : 16_000);
    });
  }
});
