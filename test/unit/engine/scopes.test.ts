import { describe, expect, it } from '@jest/globals';
import { compileRule } from '../../../platform/pql/evaluate';
import { explainPql } from '../../../platform/pql/explain';
import { createRuleSet } from '../../../subgraphs/segments/domain/engine/rule-set';
import { toRule } from './random-people';
import { createScopePeople, createScopeRules } from './random-scopes';

const NOW_MS = Date.UTC(2024, 2, 14, 12);
const DAY_MS = 86_400_000;
const RULES = process.env.ATTUNE_TEST_LONG ? 20_000 : 300;
const PEOPLE_EACH = 4;

describe('lists, variables and ^ nested in every way', () => {
  it('S-4 the engine answers as the rule does, read at once or event by event, and so does the explanation', () => {
    const nextRule = createScopeRules(51);
    const nextPerson = createScopePeople(52, NOW_MS);
    const methods = new Map<string, number>();
    for (let index = 0; index < RULES; index++) {
      const text = nextRule();
      const rule = toRule('it', text);
      const rules = createRuleSet([rule]);
      const { method } = rules.methodOf('it');
      methods.set(method, (methods.get(method) ?? 0) + 1);
      const holds = compileRule(rule.tree);
      for (let turn = 0; turn < PEOPLE_EACH; turn++) {
        const person = nextPerson();
        const { attributes, events } = person;
        const scope = { profile: attributes, events, nowMs: NOW_MS };
        const expected = holds(scope);
        const agree = (found: boolean | undefined): void => {
          if (found !== expected) throw new Error(`${found} and not ${expected}: ${text}\n${JSON.stringify(person)}`);
        };
        agree(explainPql(rule.tree, scope).truth);
        if (method === 'BATCH') continue;
        agree(rules.isRealized(rules.hydrate(person, NOW_MS), 'it'));
        const state = rules.hydrate({ attributes, events: [] }, NOW_MS - 10 * DAY_MS);
        for (const event of events) {
          rules.apply(state, { cause: { kind: 'EVENT' }, events: [event] }, event.timestampMs);
        }
        rules.advance(state, NOW_MS);
        agree(rules.isRealized(state, 'it'));
      }
    }
    for (const method of ['EDGE', 'STREAMING', 'BATCH']) expect(methods.get(method)).toBeGreaterThan(RULES / 20);
  });

  it.each([
    ['exists O from orders where xEvent[n = O.n].count() > 0'],
    ['orders.exists(xEvent.exists(n = ^n))'],
    ['(sum(xEvent.count()) over O from orders where chain(xEvent, timestamp, [A: WHAT(n = O.n)])) > 0'],
  ])('S-4 events that are compared with an item of another list need all events: %s', (text) => {
    const { method, reasons } = createRuleSet([toRule('it', text)]).methodOf('it');
    expect([method, reasons]).toEqual(['BATCH', [expect.stringContaining('line 1, column')]]);
  });

  it.each([
    ['(P) => P.n = 1 and P.xEvent.count() > 1', 'STREAMING'],
    ['xEvent[(E) => E.timestamp occurs < 7 days before now].count() > 1', 'STREAMING'],
    ['exists E from xEvent where E.items.exists(n = 1)', 'STREAMING'],
    ['exists O from orders where O.lines[x = 1]', 'EDGE'],
    ['xEvent[not (items.exists(timestamp occurs today))].count() > 1', 'BATCH'],
  ])('S-4 lambdas and nested lists are kept where they can be: %s', (text, method) => {
    expect(createRuleSet([toRule('it', text)]).methodOf('it').method).toBe(method);
  });
});
