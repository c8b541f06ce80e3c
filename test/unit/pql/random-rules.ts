import fc from 'fast-check';
import { pqlFunctions } from '../../../platform/pql/functions';
import type { Expression, TimeCondition } from '../../../platform/pql/tree';

const at = { line: 1, column: 1 };
const PATTERN = '^a+(b|c)$';

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'xEvent', 'timestamp', 'homeAddress', '_tenant', 'größe') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('count', 'in', 'now', 'last', 'exists', 'let', 'true', 'shoe-score', 'a`b', '1x', ' '),
  },
);
const variable = fc.constantFrom('E', 'I', 'S', 'X', 'from', 'where');
const unit = fc.constantFrom('millisecond', 'hour', 'day', 'month', 'century', 'millennium') as fc.Arbitrary<never>;
const comparison = fc.constantFrom('=', '!=', '<', '<=', '>', '>=') as fc.Arbitrary<never>;
const literal = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }).map((text) => text.replace(/[\ud800-\udfff]/g, '')),
  fc.constantFrom('\\w+\\', '"', "'", '\n', '\\n'),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);

const isPlainFunction = (each: (typeof pqlFunctions)[number]): boolean =>
  !['date', 'inSegment', 'matches', 'regexGroup'].includes(each.name);

/** Trees as the parser makes them, every construct among them. */
export const trees: fc.Arbitrary<Expression> = fc.letrec<{ node: Expression; when: TimeCondition }>((tie) => {
  const node = tie('node');
  const nodes = (least: number, most: number) => fc.array(node, { minLength: least, maxLength: most });
  const source = fc.record({ variable, from: node, where: node }, { requiredKeys: ['variable', 'from'] });
  const reference = fc.oneof(
    node,
    fc.record({
      kind: fc.constant('period' as const),
      which: fc.constantFrom('this', 'last', 'next'),
      unit,
      at: fc.constant(at),
    }),
    fc.record({ kind: fc.constant('moment' as const), name: fc.constantFrom('now', 'today'), at: fc.constant(at) }),
  ) as fc.Arbitrary<Expression>;
  const make = <K extends Expression['kind']>(kind: K, parts: Record<string, fc.Arbitrary<unknown>>) =>
    fc.record({ kind: fc.constant(kind), ...parts, at: fc.constant(at) }) as fc.Arbitrary<unknown>;
  const step = fc
    .record({
      what: node,
      when: tie('when'),
      n: fc.integer({ min: 1, max: 9 }),
      exactly: fc.boolean(),
      form: fc.nat(7),
    })
    .map(({ what, when, n, exactly, form }) => ({
      what,
      ...(form & 1 ? { when } : {}),
      ...(form & 2 ? { count: { n, exactly } } : form & 4 ? { negated: true } : {}),
      at,
    }));
  const chain = fc
    .record({ events: node, timestamp: node, steps: fc.array(step, { minLength: 1, maxLength: 3 }) })
    .map(({ events, timestamp, steps }) => ({
      kind: 'chain',
      events,
      timestamp,
      steps: steps.map((each, index) => ({
        label: `L${index}`,
        ...(index === 0 && steps.length > 1 ? { what: each.what, at } : each),
      })),
      at,
    }));
  const call = fc
    .constantFrom(...pqlFunctions.filter(isPlainFunction))
    .chain((each) =>
      nodes(each.least, each.most).map((parts) => ({ kind: 'call', function: each.name, arguments: parts, at })),
    );
  const text = (value: string): Expression => ({ kind: 'literal', value, at });
  const number = (value: number): Expression => ({ kind: 'literal', value, at });
  return {
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      literal.map((value) => ({ kind: 'literal', value, at })),
      fc.record({ kind: fc.constant('name'), name, up: fc.constant(0), at: fc.constant(at) }),
      fc.constantFrom({ kind: 'root', at }, { kind: 'moment', name: 'today', at }),
      make('list', { items: nodes(0, 3) }),
      fc
        .record({
          kind: fc.constant('field'),
          of: node,
          path: fc.array(name, { minLength: 1, maxLength: 3 }),
          at: fc.constant(at),
        })
        .filter(({ of }) => of.kind !== 'field'),
      make('not', { of: node }),
      ...(['and', 'or'] as const).map((kind) =>
        make(kind, { of: nodes(2, 3).filter((parts) => parts.every((part) => part.kind !== kind)) }),
      ),
      make('compare', { operator: comparison, left: node, right: node }),
      ...['+-', '*/%'].map((operators) =>
        make('arithmetic', {
          first: node.filter(
            (first) => first.kind !== 'arithmetic' || !operators.includes(first.rest[0]?.operator ?? ''),
          ),
          rest: fc.array(fc.record({ operator: fc.constantFrom(...operators), operand: node }), {
            minLength: 1,
            maxLength: 2,
          }),
        }),
      ),
      make('negate', { of: node.filter((of) => of.kind !== 'literal' || typeof of.value !== 'number') }),
      call,
      fc.constantFrom(
        { kind: 'call', function: 'date', arguments: [number(2024), number(2), number(29)], at },
        { kind: 'call', function: 'inSegment', arguments: [text('gold "members"')], at },
      ),
      node.map((of) => ({ kind: 'call', function: 'matches', arguments: [of, text(PATTERN)], at })),
      node.map((of) => ({ kind: 'call', function: 'regexGroup', arguments: [of, text(PATTERN), number(1)], at })),
      make('filter', { of: node, where: node }),
      make('occurs', { of: node, when: tie('when') }),
      make('quantifier', {
        quantifier: fc.constantFrom('exists', 'forall', 'select'),
        sources: fc.array(source, { minLength: 1, maxLength: 2 }),
      }),
      make('aggregate', { function: fc.constantFrom('count', 'sum', 'average', 'min', 'max'), value: node, source }),
      make('let', { variable, value: node, body: node }),
      make('lambda', { parameter: variable, body: node }),
      chain,
    ) as fc.Arbitrary<Expression>,
    when: fc
      .tuple(
        fc.oneof(
          fc.record({
            kind: fc.constant('distance'),
            comparison,
            count: fc.nat(400),
            unit,
            direction: fc.constantFrom('before', 'after', 'from'),
            reference,
          }),
          fc.record({ kind: fc.constantFrom('before', 'after', 'from', 'on'), reference }),
          fc.record({ kind: fc.constant('between'), low: reference, high: reference }),
        ),
        fc.boolean(),
      )
      .map(([condition, ignoringYear]) =>
        ignoringYear ? { ...condition, ignoringYear: true } : condition,
      ) as fc.Arbitrary<TimeCondition>,
  };
}).node;

/** The tree without the positions of its nodes. */
export function withoutPositions(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutPositions);
  if (typeof tree !== 'object' || tree === null) return tree;
  const entries = Object.entries(tree).filter(([key]) => key !== 'at');
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutPositions(value)]));
}
