import { describe, expect, it } from '@jest/globals';
import { createRuleSet } from '../../../subgraphs/segments/domain/engine/rule-set';
import { findSegmentCycle } from '../../../subgraphs/segments/domain/engine/segment-cycle';
import { toRule } from './random-people';

function methodOf(text: string, others: Readonly<Record<string, string>> = {}) {
  const rules = Object.entries(others).map(([id, rule]) => toRule(id, rule));
  return createRuleSet([...rules, toRule('it', text)], { maxEvents: 5000 }).methodOf('it');
}

describe('how a rule can be evaluated', () => {
  it.each([
    ['tier = "gold"'],
    ['homeAddress.country.equals("US", false) and age >= 18 or not (vip)'],
    ['computedAttributes.affinity.shoes > computedAttributes.affinity.hats'],
    ['tags.exists(name = "a") and "x" in colours'],
    ['(P) => P.tier = "gold"'],
    ['context.device = "mobile" and tier = "gold"'],
    ['born occurs after date(1990, 1, 1)'],
  ])('S-4 fields of the profile or of the request: EDGE: %s', (rule) => {
    expect(methodOf(rule).method).toBe('EDGE');
  });

  it.each([
    ['xEvent[eventType = "buy"].count() >= 3'],
    ['xEvent[eventType = "view" and category = "x" and timestamp occurs < 90 days before now].count() >= 3'],
    ['xEvent[timestamp occurs < 30 days before now].sum(price) > 100'],
    ['xEvent.average(price) > 10 and xEvent[timestamp occurs this month].max(price) < 5'],
    ['xEvent[eventType = "buy"].select(price > 10).distinct().count() > 2'],
    ['xEvent.distinct().count() > 2'],
    ['xEvent[eventType = "buy" and timestamp occurs this month].distinct().sum(price) > 100'],
    ['xEvent[timestamp occurs last month].map(sku).distinct().count() > 2'],
    ['"s1" in xEvent[timestamp occurs < 7 days before now].sku'],
    ['not (xEvent.max(timestamp) occurs < 30 days before now)'],
    ['exists E from xEvent where E.price > 50, I from E.productListItems where I.SKU = "PS"'],
    ['forall E from xEvent where E.price > 50'],
    ['xEvent.exists(eventType = "a" and timestamp occurs < 1 day before now or eventType = "b")'],
    ['xEvent.forall(not (timestamp occurs < 1 day before now))'],
    ['chain(xEvent, timestamp, [A: WHAT(a = 1), B: not WHAT(b = 1) WHEN(< 3 hours after A)])'],
    ['let S = (sum X.p over X from xEvent where X.c = "USD") in (S > 100 and S < 1000)'],
    ['xEvent[kind = "buy"].sum(price) > xEvent[kind = "return"].sum(price) * 2'],
    ['xEvent.count() > computedAttributes.limit'],
    ['xEvent[timestamp >= yesterday and eventType = "buy"].count() >= 1'],
    ['born occurs today ignoring year'],
    ['born.getMonth() = currentMonth()'],
    ['if(tier = "gold", xEvent.count() > 1, xEvent.count() > 5)'],
    ['$1.xEvent.count() > 1'],
  ])('S-4 what can be kept as it comes: STREAMING: %s', (rule) => {
    const { method, reasons } = methodOf(rule);
    expect([method, reasons]).toEqual(['STREAMING', reasons]);
    expect(reasons[0]).toMatch(/\(line 1, column \d+: .+\)\.$/);
  });

  it.each([
    ['xEvent.groupBy(sku).keys().count() > 2', 'groupBy over events (line 1, column 1'],
    ['xEvent.topN(price, 3).count() > 1', 'topN over events (line 1, column 1'],
    ['tier = "gold" and xEvent.topN(price, 1).head().sku = "a"', 'topN over events (line 1, column 19'],
    ['xEvent[price > ^limit].count() > 1', 'Comparing each event with something of the profile (line 1, column 8'],
    ['exists E from xEvent, F from xEvent where E.sku = F.sku', 'Comparing events with each other'],
    ['exists I from wishes, E from xEvent where E.sku = I', 'exists over events and another list (line 1, column 1'],
    ['xEvent[inSegment("a")].count() > 1', 'Asking for a segment for each event'],
    ['xEvent[timestamp occurs today ignoring year].count() > 1', 'A condition on time that is no window'],
    ['xEvent.head().price > 5', 'head over events'],
  ])('S-4 what needs all events: BATCH, with the construct and its place: %s', (rule, reason) => {
    const { method, reasons } = methodOf(rule);
    expect(method).toBe('BATCH');
    expect(reasons[0]).toContain(reason);
    expect(reasons[0]).toContain('5000 newest');
  });

  it.each([
    ['xEvent[timestamp occurs < 90 days before now].count() >= 5001'],
    ['xEvent[timestamp occurs < 90 days before now].sum(price) > 5'],
  ])('S-18 what may need more events of a window than are kept says so: %s', (rule) => {
    expect(methodOf(rule).reasons[1]).toContain('the 5000 newest');
    expect(
      methodOf(rule.replace('5001', '5000').replace('[timestamp occurs < 90 days before now]', '')).reasons,
    ).toHaveLength(1);
  });

  it('S-18 P-4 a rule that needs all events says how many are kept, as the limit is set', () => {
    const rules = createRuleSet([toRule('it', 'xEvent.topN(price, 3).count() > 1')], { keptEvents: 40 });
    expect(rules.methodOf('it').reasons[0]).toContain('the 40 newest');
  });

  it('S-4 a rule that asks for a segment is as slow as that', () => {
    const others = { edge: 'tier = "gold"', batch: 'xEvent.groupBy(sku).keys().count() > 2' };
    expect(methodOf('inSegment("edge")', others).method).toBe('EDGE');
    expect(methodOf('inSegment("edge") and xEvent.count() > 1', others).method).toBe('STREAMING');
    expect(methodOf('tier = "gold" or inSegment("batch")', others)).toEqual({
      method: 'BATCH',
      reasons: ['It asks for the segment batch, which is BATCH (line 1, column 18: inSegment("batch")).'],
    });
    expect(methodOf('inSegment("elsewhere")').method).toBe('STREAMING');
  });

  it('S-4a a rule that asks for one that reads the request reads it too, and neither is kept', () => {
    const rules = createRuleSet([
      toRule('both', 'inSegment("mobile") and tier = "gold"'),
      toRule('mobile', 'context.device = "mobile"'),
      toRule('gold', 'tier = "gold"'),
    ]);
    expect(rules.contextual).toEqual(['mobile', 'both']);
    const person = { attributes: { tier: 'gold' }, events: [] };
    const state = rules.hydrate(person, 0);
    expect(rules.realized(state)).toEqual(['gold']);
    expect(rules.evaluateContextual(person, state, { device: 'mobile' }, 0)).toEqual(['mobile', 'both']);
    expect(rules.evaluateContextual(person, state, {}, 0)).toEqual([]);
  });
});

describe('cycles of inSegment', () => {
  it('S-3 are found, with the way around', () => {
    const rules = [
      toRule('a', 'inSegment("b")'),
      toRule('b', 'x = 1 or not inSegment("c")'),
      toRule('c', 'if(inSegment("b"), true, false)'),
    ];
    expect(findSegmentCycle(rules)).toEqual(['b', 'c', 'b']);
    expect(findSegmentCycle(rules.slice(0, 2))).toBeUndefined();
    expect(findSegmentCycle([toRule('self', 'inSegment("self")')])).toEqual(['self', 'self']);
  });
});
