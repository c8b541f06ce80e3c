import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { compilePql, compileRule } from '../../../platform/pql/evaluate';
import { parsePqlJson } from '../../../platform/pql/json';
import { parsePql } from '../../../platform/pql/parse';
import { printPql } from '../../../platform/pql/print';
import type { Expression } from '../../../platform/pql/tree';
import { createRuleSet } from '../../../subgraphs/segments/domain/engine/rule-set';

type Fields = Readonly<Record<string, unknown>>;

interface Case {
  readonly about: string;
  readonly rule: string;
  readonly profile: Fields;
  readonly events?: readonly (Fields & { readonly timestamp: string })[];
  readonly at: string;
  readonly timeZone?: string;
  readonly context?: Fields;
  readonly segments?: readonly string[];
  readonly expected: unknown;
}

const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(join(__dirname, '../../spec/pql.json'), 'utf8'),
);

function answer(text: string, { profile, events = [], at, timeZone, context, segments = [] }: Case): unknown {
  return compilePql(
    treeOf(text),
    timeZone === undefined ? {} : { timeZone },
  )({
    profile,
    events: events.map((data) => ({ timestampMs: Date.parse(data.timestamp), data })),
    nowMs: Date.parse(at),
    inSegment: (id) => segments.includes(id),
    ...(context && { context }),
  });
}

function toPerson({ profile, events = [] }: Case) {
  const { computedAttributes = {}, ...attributes } = profile;
  return {
    attributes,
    computedAttributes: computedAttributes as Fields,
    events: events.map((data, index) => ({ key: `web|${index}`, timestampMs: Date.parse(data.timestamp), data })),
  };
}

function treeOf(text: string): Expression {
  const parsed = parsePql(text);
  if (!parsed.ok) throw new Error(`${text}: ${JSON.stringify(parsed.diagnostics)}`);
  return parsed.tree;
}

/** Whether the rule holds, as the language says. */
function holds({ rule, profile, at, timeZone = 'UTC', context = {}, segments = [], ...rest }: Case): boolean {
  const { events } = toPerson({ rule, profile, at, ...rest });
  const inSegment = (id: string): boolean => segments.includes(id);
  return compileRule(treeOf(rule), { timeZone })({ profile, events, context, nowMs: Date.parse(at), inSegment });
}

/** Whether the engine says so. */
function isMember(each: Case): boolean {
  const { rule, at, timeZone = 'UTC', context = {}, segments = [] } = each;
  const nowMs = Date.parse(at);
  const rules = createRuleSet([{ id: 'it', version: 1, tree: treeOf(rule) }], { timeZone });
  const person = toPerson(each);
  const state = rules.hydrate(person, nowMs, segments);
  if (rules.contextual.length > 0) return rules.evaluateContextual(person, state, context, nowMs).includes('it');
  return rules.general.length > 0
    ? rules.evaluateGeneral(person, state, nowMs).get('it') === true
    : rules.isRealized(state, 'it');
}

describe('the cases of test/spec/pql.json', () => {
  it('S-2 there are at least 400 of them', () => {
    expect(cases.length).toBeGreaterThanOrEqual(400);
  });

  for (const group of new Set(cases.map(({ about }) => about))) {
    it(`S-2 ${group}`, () => {
      const wrong = cases
        .filter(({ about }) => about === group)
        .map((each) => ({ ...each, found: answer(each.rule, each) ?? null }))
        .filter(({ found, expected }) => JSON.stringify(found) !== JSON.stringify(expected));
      expect(wrong).toEqual([]);
    });
  }

  it('S-1 as JSON and back, every rule is the same', () => {
    for (const { rule } of cases) {
      const tree = treeOf(rule);
      const again = parsePqlJson(JSON.parse(JSON.stringify(tree)));
      expect([rule, again.ok && printPql(again.tree)]).toEqual([rule, printPql(tree)]);
    }
  });

  it('S-4 the engine of segments answers every rule as the language does', () => {
    const wrong = cases.filter((each) => isMember(each) !== holds(each));
    expect(wrong).toEqual([]);
  });

  it('S-1 printed as text, every rule answers the same', () => {
    for (const each of cases) {
      const parsed = parsePql(each.rule);
      if (parsed.ok)
        expect([each.rule, answer(printPql(parsed.tree), each) ?? null]).toEqual([each.rule, each.expected]);
    }
  });
});
