import { inspectPql } from '../../../../platform/pql/inspect';
import { printPql } from '../../../../platform/pql/print';
import type { Conditions, Formula, Leaf } from './planning/leaf';
import { placeOf, shorten } from './planning/unkeepable';
import type { Rule, RuleMethod } from './rule';

const SPEED = { EDGE: 0, STREAMING: 1, BATCH: 2 } as const;

/** The method of a rule that can be kept: that of its slowest condition, or of a segment that it asks for. */
export function toKeptMethod(
  conditions: Conditions,
  methodOf: (segment: string) => RuleMethod | undefined,
  most: number,
): RuleMethod {
  const found = methodsOf(conditions, methodOf, most);
  const slowest = found.reduce<RuleMethod['method']>(
    (so, { method }) => (SPEED[method] > SPEED[so] ? method : so),
    'EDGE',
  );
  const reasons = found.filter(({ method }) => method === slowest).flatMap((each) => each.reasons);
  return { method: slowest, reasons: reasons.length > 0 ? [...new Set(reasons)] : ['It is the same for everybody.'] };
}

/** The method of a rule that reads the request. */
export function toContextualMethod({ tree }: Rule): RuleMethod {
  const [field] = inspectPql(tree).fields.filter(({ path }) => path === 'context' || path.startsWith('context.'));
  const place = field ? `${field.path} (line ${field.at.line}, column ${field.at.column})` : 'a segment that does';
  return { method: 'EDGE', reasons: [`It reads the request: ${place}. It holds for that request alone.`] };
}

function methodsOf(
  conditions: Conditions,
  methodOf: (segment: string) => RuleMethod | undefined,
  most: number,
): readonly RuleMethod[] {
  switch (conditions.kind) {
    case 'constant':
      return [];
    case 'not':
      return methodsOf(conditions.of, methodOf, most);
    case 'and':
    case 'or':
      return conditions.of.flatMap((part) => methodsOf(part, methodOf, most));
    case 'leaf': {
      const where = `${placeOf(conditions.node)}: ${shorten(printPql(conditions.node))}`;
      return methodsOfLeaf(conditions.leaf, where, methodOf, most);
    }
  }
}

function methodsOfLeaf(
  leaf: Leaf,
  where: string,
  methodOf: (segment: string) => RuleMethod | undefined,
  most: number,
): readonly RuleMethod[] {
  switch (leaf.kind) {
    case 'field':
      return [edge(`It compares a field of the profile (${where}).`)];
    case 'segment':
      return [toSegmentMethod(leaf.id, where, methodOf)];
    case 'atLeast':
      return [
        streaming(
          `It counts events${leaf.window ? ' in a window' : ''}, kept as they come (${where}).`,
          ...(leaf.window && leaf.n > most ? [ofTheNewest(most)] : []),
        ),
      ];
    case 'chain':
      return [streaming(`It looks for a sequence among the ${most} newest events of each step (${where}).`)];
    case 'formula':
      return [
        toFormulaMethod(leaf.formula, where, most),
        ...leaf.formula.segments.map((id) => toSegmentMethod(id, where, methodOf)),
      ];
  }
}

function toFormulaMethod({ features, chains, readsTime }: Formula, where: string, most: number): RuleMethod {
  if (features.length > 0) {
    const isWindowed = features.some(({ window }) => window);
    return streaming(`It adds up events, kept as they come (${where}).`, ...(isWindowed ? [ofTheNewest(most)] : []));
  }
  if (chains.length > 0) return streaming(`It looks for a sequence of events (${where}).`);
  if (readsTime) return streaming(`The passing of time moves it (${where}).`);
  return edge(`It compares fields of the profile (${where}).`);
}

function toSegmentMethod(id: string, where: string, methodOf: (segment: string) => RuleMethod | undefined): RuleMethod {
  const known = methodOf(id);
  if (!known) return streaming(`It asks for ${id}, whose members come from elsewhere (${where}).`);
  return { method: known.method, reasons: [`It asks for the segment ${id}, which is ${known.method} (${where}).`] };
}

const edge = (reason: string): RuleMethod => ({ method: 'EDGE', reasons: [reason] });
const streaming = (...reasons: readonly string[]): RuleMethod => ({ method: 'STREAMING', reasons });
const ofTheNewest = (most: number): string => `Of a window the ${most} newest events that fit are kept.`;
