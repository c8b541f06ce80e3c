import fc from 'fast-check';
import { parsePql } from '../../../platform/pql/parse';
import type { Rule, RuleEvent } from '../../../subgraphs/segments/domain/engine/rule-set';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** When histories begin: some weeks before the clocks of Berlin are set forward, in a leap year. */
export const START_MS = Date.UTC(2024, 1, 20);

const type = fc.constantFrom('view', 'cart', 'buy');
const sku = fc.constantFrom('s1', 's2', 's3');
const price = fc.constantFrom(0.1, 0.2, 5, 10, 20, 33.3);
const small = fc.integer({ min: 0, max: 4 });
const operator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');

const duration = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 90 }), fc.constantFrom('minutes', 'hours', 'days'))
    .map((parts) => parts.join(' ')),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('weeks', 'months', 'quarters'))
    .map((parts) => parts.join(' ')),
);

const when = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom('<', '<='), duration).map(([sign, length]) => `${sign} ${length} before now`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('>', '>=', '='), duration)
      .map(([sign, length]) => `${sign} ${length} before now`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        operator.filter((sign) => sign !== '!='),
        duration,
        fc.constantFrom('before today', 'after now', 'from yesterday'),
      )
      .map((parts) => parts.join(' ')),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'today',
      'yesterday',
      'this week',
      'last week',
      'this month',
      'last month',
      'this year',
      'before now',
      'after now',
      'before today',
      'after today',
      'from this month',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'on date(2024, 3, 31)',
      'between date(2024, 3, 1) and now',
      'after date(2024, 3, 10)',
      'between last month and today',
      'before date(2024, 4, 1)',
    ),
  },
);

const filter = fc.oneof(
  type.map((name) => `eventType = "${name}"`),
  fc.tuple(type, sku).map(([name, item]) => `eventType = "${name}" and sku = "${item}"`),
  fc.tuple(type, price).map(([name, least]) => `eventType.equals("${name}", false) and price >= ${least}`),
  fc.constantFrom(
    'price > 5',
    'eventType in ["view", "cart"]',
    'not (sku = "s1")',
    'sku.isNull()',
    'items.exists(name = "a")',
    'eventType = "buy" or price < 1',
  ),
);
const timed = fc.oneof(
  filter,
  fc.tuple(filter, when).map(([test, window]) => `(${test}) and timestamp occurs ${window}`),
  when.map((window) => `timestamp occurs ${window}`),
  fc
    .tuple(
      filter,
      fc.constantFrom(
        'timestamp >= yesterday',
        'not (today > timestamp)',
        'timestamp < now',
        'tomorrow >= timestamp',
        'timestamp > today',
      ),
    )
    .map((parts) => `(${parts[0]}) and ${parts[1]}`),
);

const list = fc.oneof(
  timed.map((test) => `xEvent[${test}]`),
  fc.tuple(filter, when).map(([test, window]) => `xEvent[${test}][timestamp occurs ${window}]`),
  fc.tuple(filter, when).map(([test, window]) => `(select E from xEvent[${test}] where E.timestamp occurs ${window})`),
);

const eventCondition = fc.oneof(
  list,
  fc.tuple(list, operator, small).map(([of, sign, n]) => `${of}.count() ${sign} ${n}`),
  fc.tuple(list, operator, price).map(([of, sign, n]) => `${of}.sum(price) ${sign} ${n}`),
  fc
    .tuple(list, fc.constantFrom('average', 'min', 'max'), operator, price)
    .map(([of, name, sign, n]) => `${of}.${name}(price) ${sign} ${n}`),
  timed.map((test) => `xEvent.exists(${test})`),
  fc.tuple(filter, when).map(([test, window]) => `exists E from xEvent[${test}] where E.timestamp occurs ${window}`),
  fc
    .tuple(filter, when, filter)
    .map(([a, window, b]) => `xEvent.exists((${a}) and timestamp occurs ${window} or (${b}))`),
  fc
    .constantFrom('exists', 'forall')
    .map((word) => `${word} E from xEvent where E.price > 5, I from E.items where I.name = "a"`),
  fc
    .tuple(fc.constantFrom('exists', 'forall'), sku)
    .map(([word, item]) => `${word} E from xEvent where E.items.exists(name = "a") or E.sku = "${item}"`),
  timed.map((test) => `xEvent.forall(${test})`),
  fc
    .tuple(filter, operator, small)
    .map(([test, sign, n]) => `xEvent[${test}].map(sku).distinct().count() ${sign} ${n}`),
  fc.tuple(list, sku).map(([of, item]) => `"${item}" in ${of}.sku`),
  fc.tuple(filter, when).map(([test, window]) => `xEvent[${test}].max(timestamp) occurs ${window}`),
  fc.tuple(filter, filter, price).map(([a, b, n]) => `xEvent[${a}].sum(price) > xEvent[${b}].sum(price) + ${n}`),
  fc.tuple(timed, operator).map(([test, sign]) => `xEvent[${test}].count() ${sign} level`),
  fc
    .tuple(filter, price)
    .map(([test, n]) => `let S = (sum X.price over X from xEvent[${test}]) in (S > ${n} and S < 100)`),
);

const count = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 1, max: 3 }).map((n) => ` COUNT(${n})`),
  fc.integer({ min: 1, max: 2 }).map((n) => ` COUNT(= ${n})`),
);
const optional = (window: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    window.map((text) => ` WHEN(${text})`),
  );
const between = fc
  .tuple(fc.constantFrom('<', '<=', '>'), duration)
  .map(([sign, length]) => `${sign} ${length} after A`);
const chain = fc
  .oneof(
    fc
      .tuple(filter, optional(when), count, fc.boolean())
      .map(([what, window, n, negated]) =>
        negated ? `A: not WHAT(${what})${window}` : `A: WHAT(${what})${window}${n}`,
      ),
    fc
      .tuple(filter, optional(when), count, filter, optional(fc.oneof(when, between)), count)
      .map(([a, wa, na, b, wb, nb]) => `A: WHAT(${a})${wa}${na}, B: WHAT(${b})${wb}${nb}`),
    fc
      .tuple(filter, count, filter, optional(fc.oneof(between, when)), filter, optional(between))
      .map(([a, na, b, wb, c, wc]) => `A: WHAT(${a})${na}, B: not WHAT(${b})${wb}, C: WHAT(${c})${wc}`),
    fc
      .tuple(filter, filter, optional(fc.oneof(between, when)), count)
      .map(([a, b, wb, na]) => `A: WHAT(${a})${na}, B: not WHAT(${b})${wb}`),
    fc
      .tuple(filter, filter, filter, optional(when))
      .map(([a, b, c, wc]) => `A: WHAT(${a}), B: WHAT(${b}), C: WHAT(${c})${wc}`),
  )
  .map((steps) => `chain(xEvent, timestamp, [${steps}])`);

const fieldCondition = fc.oneof(
  fc.tuple(operator, small).map(([sign, n]) => `level ${sign} ${n}`),
  fc.constantFrom(
    'tier = "gold"',
    'tier in ["gold", "silver"]',
    'tier.isNull()',
    'tier.contains("o")',
    'vip',
    'not vip',
    'tags.exists(name = "a")',
    'tags[name = "b"]',
    'exists T from tags where T.of[name = "a"]',
    'level + 1 > computedAttributes.score',
    '"x" in colours',
    'computedAttributes.score >= 2',
  ),
  when.map((window) => `born occurs ${window}`),
  fc.constantFrom(
    'born occurs today ignoring year',
    'born occurs this month ignoring year',
    'born occurs < 7 days after today ignoring year',
    'born.getMonth() = currentMonth()',
    'born < now',
    'born occurs < 3 months before now',
  ),
);

const segment = fc.integer({ min: 0, max: 12 }).map((n) => `inSegment("r${n}")`);

const condition = fc.oneof(
  { weight: 5, arbitrary: eventCondition },
  { weight: 4, arbitrary: chain },
  { weight: 3, arbitrary: fieldCondition },
  { weight: 1, arbitrary: segment },
);

const ruleText = fc.oneof(
  condition,
  condition.map((text) => `not (${text})`),
  fc.tuple(condition, fc.constantFrom('and', 'or'), condition).map(([a, word, b]) => `(${a}) ${word} (${b})`),
  fc.tuple(condition, condition, condition).map(([a, b, c]) => `if(${a}, ${b}, ${c})`),
  fc.tuple(condition, condition, condition).map(([a, b, c]) => `(${a}) and not ((${b}) or (${c}))`),
);

/** Rules r0 … r12; one asks only for those before it. */
export const ruleSets: fc.Arbitrary<readonly Rule[]> = fc
  .array(ruleText, { minLength: 4, maxLength: 13 })
  .map((texts) => texts.map((text, index) => toRule(`r${index}`, withoutLater(text, index))));

/** A rule of this id and text. */
export function toRule(id: string, text: string): Rule {
  const parsed = parsePql(text);
  if (!parsed.ok) throw new Error(`${text}\n${JSON.stringify(parsed.diagnostics)}`);
  return { id, version: 1, tree: parsed.tree };
}

function withoutLater(text: string, index: number): string {
  return text.replace(/inSegment\("r(\d+)"\)/g, (found, n) => (Number(n) < index ? found : 'inSegment("elsewhere")'));
}

const data = fc.record(
  {
    eventType: fc.oneof(type, fc.constant('VIEW')),
    sku,
    price,
    items: fc.array(fc.record({ name: fc.constantFrom('a', 'b') }), { maxLength: 2 }),
  },
  { requiredKeys: ['eventType'] },
);

const attributes = fc.record(
  {
    level: small,
    tier: fc.constantFrom('gold', 'silver', 'none'),
    vip: fc.boolean(),
    tags: fc.array(fc.record({ name: fc.constantFrom('a', 'b') }), { maxLength: 2 }),
    colours: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
    born: fc.constantFrom('1990-02-29', '1991-03-31', '2001-03-05T07:30:00Z', '2024-03-01', 'never'),
  },
  { requiredKeys: [] },
);

/** One thing that happens: some time after the one before it. */
export type Happening =
  | { readonly kind: 'event'; readonly afterMs: number; readonly lateMs: number; readonly data: RuleEvent['data'] }
  | { readonly kind: 'attributes'; readonly afterMs: number; readonly attributes: RuleEvent['data'] }
  | { readonly kind: 'computed'; readonly afterMs: number; readonly computedAttributes: RuleEvent['data'] }
  | { readonly kind: 'given'; readonly afterMs: number; readonly isMember: boolean }
  | { readonly kind: 'time'; readonly afterMs: number }
  | { readonly kind: 'repack'; readonly afterMs: number };

const after = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 1000 }),
  fc.integer({ min: 1, max: 90 }).map((minutes) => minutes * MINUTE_MS),
  fc.integer({ min: 1, max: 72 }).map((hours) => hours * HOUR_MS),
  fc.integer({ min: 1, max: 40 }).map((days) => days * DAY_MS),
);
const late = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: after },
  { weight: 1, arbitrary: after.map((ms) => -ms) },
);

/** What happens to a person, in order: late events and events of the future among it. */
export const histories: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('event' as const), afterMs: after, lateMs: late, data }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('attributes' as const), afterMs: after, attributes }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('computed' as const),
        afterMs: after,
        computedAttributes: fc.record({ score: small }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('given' as const), afterMs: after, isMember: fc.boolean() }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), afterMs: after }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('repack' as const), afterMs: after }) },
  ),
  { minLength: 5, maxLength: 30 },
);
