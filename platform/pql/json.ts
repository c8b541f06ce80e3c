import { z } from 'zod';
import { findFunction } from './functions';
import { type ParsedPql, parsePql } from './parse';
import { printPql } from './print';
import type { Expression, TimeCondition } from './tree';
import { UNITS, type Unit } from './unit';

const at = z.object({ line: z.number(), column: z.number() }).default({ line: 1, column: 1 });
const name = z.string().min(1);
const comparison = z.enum(['=', '!=', '<', '<=', '>', '>=']);
const unit = z.enum(Object.keys(UNITS) as Unit[]);
const whole = z.number().int().nonnegative();
const ignoringYear = z.literal(true).optional();
const expression: z.ZodType<Expression> = z.lazy(() => anyExpression as unknown as z.ZodType<Expression>);
const node = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({ kind: z.literal(kind), at, ...shape });

const condition = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('distance'),
    comparison,
    count: whole,
    unit,
    direction: z.enum(['before', 'after', 'from']),
    reference: expression,
    ignoringYear,
  }),
  z.object({ kind: z.enum(['before', 'after', 'from', 'on']), reference: expression, ignoringYear }),
  z.object({ kind: z.literal('between'), low: expression, high: expression, ignoringYear }),
]) as unknown as z.ZodType<TimeCondition>;

const source = z.object({ variable: name, from: expression, where: expression.optional() });
const step = z.object({
  label: name,
  negated: z.literal(true).optional(),
  what: expression,
  when: condition.optional(),
  count: z.object({ exactly: z.boolean(), n: whole }).optional(),
  at,
});

const anyExpression = z.discriminatedUnion('kind', [
  node('literal', { value: z.union([z.string(), z.number(), z.boolean(), z.null()]) }),
  node('list', { items: z.array(expression) }),
  node('name', { name, up: whole }),
  node('root', {}),
  node('field', { of: expression, path: z.array(name).min(1) }),
  node('not', { of: expression }),
  node('and', { of: z.array(expression).min(2) }),
  node('or', { of: z.array(expression).min(2) }),
  node('compare', { operator: comparison, left: expression, right: expression }),
  node('arithmetic', {
    first: expression,
    rest: z.array(z.object({ operator: z.enum(['+', '-', '*', '/', '%']), operand: expression })).min(1),
  }),
  node('negate', { of: expression }),
  node('call', { function: z.string().refine((value) => findFunction(value)), arguments: z.array(expression) }),
  node('filter', { of: expression, where: expression }),
  node('moment', { name: z.enum(['now', 'today', 'yesterday', 'tomorrow']) }),
  node('period', { which: z.enum(['this', 'last', 'next']), unit }),
  node('occurs', { of: expression, when: condition }),
  node('quantifier', { quantifier: z.enum(['exists', 'forall', 'select']), sources: z.array(source).min(1) }),
  node('aggregate', { function: z.enum(['count', 'sum', 'average', 'min', 'max']), value: expression, source }),
  node('let', { variable: name, value: expression, body: expression }),
  node('lambda', { parameter: name, body: expression }),
  node('chain', { events: expression, timestamp: expression, steps: z.array(step).min(1) }),
]);

/** The deepest JSON that is looked at: deeper than any rule may nest. */
const DEEPEST = 1000;

/** Reads a tree that came as JSON (`pql/json`). Its positions are those of its text as `printPql` writes it. */
export function parsePqlJson(json: unknown): ParsedPql {
  if (isDeeperThan(json, DEEPEST)) return refuse('The tree is nested too deeply');
  const parsed = expression.safeParse(json);
  if (parsed.success) return parsePql(printPql(parsed.data));
  const [issue] = parsed.error.issues;
  return refuse(`The tree is refused at ${issue?.path.join('.') || 'its root'}: ${issue?.message ?? 'it is no tree'}`);
}

function refuse(message: string): ParsedPql {
  return { ok: false, diagnostics: [{ message, line: 1, column: 1 }] };
}

function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}
