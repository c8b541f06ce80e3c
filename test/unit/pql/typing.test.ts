import { describe, expect, it } from '@jest/globals';
import { parsePql } from '../../../platform/pql/parse';
import { typeWarnings } from '../../../platform/pql/typing/check-types';
import { type DeclaredField, fieldsOfSchema } from '../../../platform/pql/typing/field-types';

const PROFILE = {
  properties: {
    tier: { type: 'string' },
    age: { type: 'integer' },
    vip: { type: ['boolean', 'null'] },
    born: { type: 'string', format: 'date' },
    tags: { type: 'array', items: { type: 'string' } },
    either: { type: ['string', 'number'] },
    anything: {},
    address: {
      type: 'object',
      properties: { country: { type: 'string' }, since: { type: 'string', format: 'date-time' } },
    },
    orders: {
      type: 'array',
      items: { type: 'object', properties: { price: { type: 'number' }, lines: LINES(), gift: { type: 'boolean' } } },
    },
  },
};
const EVENT = { properties: { eventType: { type: 'string' }, price: { type: 'number' }, items: LINES() } };

function LINES() {
  return { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' }, n: { type: 'integer' } } } };
}

const fields = [...fieldsOfSchema(PROFILE, ''), ...fieldsOfSchema(EVENT, 'xEvent.')];

function warningsOf(rule: string, declared: readonly DeclaredField[] = fields) {
  const parsed = parsePql(rule);
  if (!parsed.ok) throw new Error(`${rule}: ${parsed.diagnostics[0]?.message}`);
  return typeWarnings(parsed.tree, declared);
}

describe('the type checker', () => {
  it.each([
    ['tier = 5', 1, 'tier is text and 5 is a number'],
    ['tier != 5', 1, 'never equal'],
    ['vip and age = "18"', 9, 'never equal'],
    ['vip = "true"', 1, 'never equal'],
    ['vip > 0', 1, 'no order'],
    ['age >= "18"', 1, 'no order'],
    ['age < now', 1, 'no order'],
    ['address = "US"', 1, 'a map'],
    ['tags = "a"', 1, 'a list, each text'],
    ['tags > "a"', 1, 'no order'],
    ['tier = null', 1, 'isNull()'],
    ['age != null or vip', 1, 'isNull()'],
    ['age.equals("18")', 1, 'never equal'],
    ['age in ["18", "19"]', 1, 'never among them'],
    ['tags in ["a", "b"]', 1, 'a list'],
    ['tags.includes(5)', 15, 'never among them'],
    ['tags.intersects([1, 2])', 1, 'nothing in common'],
    ['age.startsWith("1")', 1, 'asks for text'],
    ['vip like "t%"', 1, 'asks for text'],
    ['tier.contains(5)', 15, 'asks for text'],
    ['tags.matches("a")', 1, 'asks for text'],
    ['age occurs < 7 days before now', 1, 'a date is expected'],
    ['age.getYear() = 2000', 1, 'a date is expected'],
    ['tier + 1 = 5', 1, 'a number is expected'],
    ['tier * 2 > 5', 1, 'a number is expected'],
    ['-tier < 0', 2, 'a number is expected'],
    ['age', 1, 'a condition is expected'],
    ['not age', 5, 'a condition is expected'],
    ['vip and tier', 9, 'a condition is expected'],
    ['vip and tags', 9, 'a condition is expected'],
    ['if(age, vip, vip)', 4, 'a condition is expected'],
    ['xEvent[price].count() > 1', 8, 'a condition is expected'],
    ['xEvent.count(price) > 1', 14, 'a condition is expected'],
    ['xEvent[eventType = 5].count() > 1', 8, 'never equal'],
    ['xEvent.sum(eventType) > 1', 12, 'a number is expected'],
    ['xEvent.exists(items.exists(sku = 5))', 28, 'never equal'],
    ['orders[price = "5"].count() > 1', 8, 'never equal'],
    ['exists E from xEvent where E.price = "5"', 28, 'never equal'],
    ['exists E from xEvent, I from E.items where I.n = "5"', 44, 'never equal'],
    ['(sum X.eventType over X from xEvent) > 5', 6, 'a number is expected'],
    ['(sum X.price over X from xEvent where X.price) > 5', 39, 'a condition is expected'],
    ['chain(xEvent, timestamp, [A: WHAT(price = "5")])', 35, 'never equal'],
    ['chain(xEvent, timestamp, [A: WHAT(price)])', 35, 'a condition is expected'],
    ['(P) => P.age = "18"', 8, 'never equal'],
    ['$1.age = "18"', 1, 'never equal'],
    ['let A = age in (A = "18")', 17, 'never equal'],
    ['xEvent.count() = "5"', 1, 'never equal'],
    ['xEvent.max(price) = "5"', 1, 'never equal'],
    ['orders.map(price).count() > "5"', 1, 'no order'],
  ])('S-1 doubts what cannot be meant, at its place: %s', (rule, column, words) => {
    const warnings = warningsOf(rule);
    expect(warnings).toEqual([{ message: expect.stringContaining(words), line: 1, column }]);
  });

  it.each([
    ['tier = "gold" and age >= 18 and vip and not vip = false'],
    ['born = "2000-01-01" or born < now or born occurs today ignoring year'],
    ['born = date(2000, 1, 1) and born.getMonth() = currentMonth()'],
    ['born.startsWith("2000") and born like "2000%"'],
    ['address.since > "2024-01-01" and address.since occurs < 7 days before now'],
    ['tier occurs before now and tier.getYear() = 2024'],
    ['either = 5 or either = "5" or either > 1'],
    ['anything = 5 or anything or anything.deep = "x" or anything.count() > 1'],
    ['unknown = 5 or unknown = "x" or unknown.deep > 1'],
    ['tags = ["a"] or "a" in tags or tags.includes("a") or tier in tags or tier in ["gold"]'],
    ['tags.intersects(["a"]) or tags.subsetOf([]) or tags.count() = 0 or tags.isNull()'],
    ['tier.isNull() or tier.isNotNull() or if(vip, age, 5) > 3'],
    ['tier + "x" = "goldx" and age + 1 > 2 and -age < 0 and age % 2 = 0'],
    ['orders[price > 5].count() > 1 and orders.sum(price) > 1 and orders.max(price) > 1'],
    ['orders.exists(lines.exists(sku = "a" and n > 1)) and orders[gift].count() > 0'],
    ['orders[gift] and not (select O from orders where O.price > 5) and orders.filter(gift)'],
    ['xEvent[price > 5 and eventType = "buy" and timestamp occurs < 7 days before now].sum(price) > 100'],
    ['xEvent[price > ^age].count() > 1'],
    ['xEvent.max(timestamp) occurs < 7 days before now and xEvent.map(eventType).distinct().count() > 1'],
    ['exists E from xEvent where E.price > 5, I from E.items where I.sku = "a" and I.n = 1'],
    ['let S = xEvent.sum(price) in (S > 100 and S < 1000)'],
    ['let T = tags in (T = ["a"])'],
    ['chain(xEvent, timestamp, [A: WHAT(eventType = "view"), B: not WHAT(price > 5) WHEN(< 3 hours after A)])'],
    ['inSegment("gold") and (P) => P.vip'],
    ['orders.topN(price, 1).head().price > 5'],
    ['xEvent.groupBy(eventType).keys().count() > 1'],
    ['computedAttributes.spent > 100'],
    ['context.device = "phone"'],
    ['null'],
  ])('S-1 is silent where it may be meant: %s', (rule) => {
    expect(warningsOf(rule)).toEqual([]);
  });

  it('S-1 says nothing of a field that datasets declare differently', () => {
    const twice = [...fields, { path: 'age', type: 'text' } as const];
    expect(warningsOf('age = "18"', twice)).toEqual([]);
    expect(warningsOf('age = "18"', [...fields, { path: 'age', type: 'number' }])).toHaveLength(1);
  });

  it('S-1 says nothing at all where nothing is declared', () => {
    expect(warningsOf('tier = 5 and age.startsWith("x") and vip > 3', [])).toEqual([]);
  });

  it('S-1 tells each doubt once, at its line', () => {
    const warnings = warningsOf('not (tier = 5)\nand (vip\n or age.contains("x"))');
    expect(warnings.map(({ line, column }) => [line, column])).toEqual([
      [1, 6],
      [3, 5],
    ]);
  });
});

describe('the fields of a schema', () => {
  it('S-1 pass through lists, tell what is open, and keep to what is said', () => {
    const schema = {
      properties: {
        a: { type: ['integer', 'null'] },
        b: { type: 'array', items: { type: 'object', properties: { c: { type: 'string', format: 'date' } } } },
        open: { type: 'object' },
        lists: { type: 'array', items: { type: 'number' } },
        any: true,
      },
    };
    expect(fieldsOfSchema(schema, 'x.')).toEqual([
      { path: 'x.a', type: 'number' },
      { path: 'x.b', type: 'map', isList: true },
      { path: 'x.b.c', type: 'date' },
      { path: 'x.open' },
      { path: 'x.open.*' },
      { path: 'x.lists', type: 'number', isList: true },
      { path: 'x.any' },
      { path: 'x.any.*' },
    ]);
    expect(fieldsOfSchema(undefined, '')).toEqual([]);
    expect(fieldsOfSchema({ type: 'object' }, '')).toEqual([]);
  });
});
