import type { Origins } from '../inspect';
import type { Call, Expression } from '../tree';
import type { DeclaredField, ValueType } from './field-types';

/** What is known of a value before it is there; `{}`: nothing. */
export interface Kind {
  readonly type?: ValueType;
  /** False: it is no list. Absent: not known. */
  readonly isList?: boolean;
}

/** Tells of what kind the value of a node is. */
export type KindOf = (node: Expression) => Kind;

const ANY: Kind = {};
const NUMBER: Kind = { type: 'number', isList: false };
const TEXT: Kind = { type: 'text', isList: false };
const TRUTH: Kind = { type: 'truth', isList: false };
const DATE: Kind = { type: 'date', isList: false };

const TRUTHS =
  'like equals notEqualTo startsWith doesNotStartWith endsWith doesNotEndWith contains doesNotContain matches ' +
  'in notIn intersects subsetOf supersetOf includes isNull isNotNull exists forall inSegment';
const NUMBERS = 'count sum average getDayOfMonth getMonth getYear currentDayOfMonth currentMonth currentYear';

const KIND_OF_FUNCTION: ReadonlyMap<string, Kind> = new Map([
  ...TRUTHS.split(' ').map((name): [string, Kind] => [name, TRUTH]),
  ...NUMBERS.split(' ').map((name): [string, Kind] => [name, NUMBER]),
  ['regexGroup', TEXT],
  ['date', DATE],
]);

const KEEPING: ReadonlySet<string> = new Set(['filter', 'select', 'distinct', 'topN', 'bottomN']);

/** Infers kinds from the fields that are declared; one that several declare differently is of no known kind. */
export function createKindOf(fields: readonly DeclaredField[], origins: Origins): KindOf {
  const declared = byPath(fields);
  const kindOf: KindOf = (node) => {
    switch (node.kind) {
      case 'literal':
        return kindOfLiteral(node.value);
      case 'list':
        return { ...shared(node.items.map(kindOf)), isList: true };
      case 'name':
      case 'field': {
        const path = origins.pathOf(node);
        const kind = (path !== undefined && declared.get(path)) || ANY;
        return origins.isVariable(node) ? withoutList(kind) : kind;
      }
      case 'not':
      case 'and':
      case 'or':
      case 'compare':
      case 'occurs':
      case 'chain':
        return TRUTH;
      case 'quantifier':
        return node.quantifier === 'select' ? ANY : TRUTH;
      case 'arithmetic':
        return [node.first, ...node.rest.map(({ operand }) => operand)].some((part) => kindOf(part).type !== 'number')
          ? ANY
          : NUMBER;
      case 'negate':
        return NUMBER;
      case 'aggregate':
        return KIND_OF_FUNCTION.get(node.function) ?? withoutList(kindOf(node.value));
      case 'moment':
      case 'period':
        return DATE;
      case 'filter':
        return kindOf(node.of);
      case 'let':
      case 'lambda':
        return kindOf(node.body);
      case 'call':
        return kindOfCall(node, kindOf);
      case 'root':
        return ANY;
    }
  };
  return kindOf;
}

function kindOfCall(node: Call, kindOf: KindOf): Kind {
  const known = KIND_OF_FUNCTION.get(node.function);
  const [first, second, third] = node.arguments;
  if (known || !first) return known ?? ANY;
  if (KEEPING.has(node.function)) return kindOf(first);
  if (node.function === 'head') return withoutList(kindOf(first));
  if (node.function === 'min' || node.function === 'max') return withoutList(kindOf(second ?? first));
  return node.function === 'if' && second && third ? shared([kindOf(second), kindOf(third)]) : ANY;
}

function kindOfLiteral(value: string | number | boolean | null): Kind {
  if (typeof value === 'number') return NUMBER;
  if (typeof value === 'string') return TEXT;
  return value === null ? ANY : TRUTH;
}

function byPath(fields: readonly DeclaredField[]): ReadonlyMap<string, Kind> {
  const kinds = new Map<string, Kind>();
  const lists = fields.filter((field) => field.isList).map(({ path }) => `${path}.`);
  for (const { path, type, isList = false } of fields) {
    const known = kinds.get(path);
    // What lies in a list is one value inside of it, and a list of them outside.
    const inList = !isList && lists.some((list) => path.startsWith(list));
    const kind: Kind = type ? { type, ...(!inList && { isList }) } : ANY;
    kinds.set(path, known ? shared([known, kind]) : kind);
  }
  return kinds;
}

/** What all have in common. */
function shared(kinds: readonly Kind[]): Kind {
  const [first = ANY, ...rest] = kinds;
  return rest.every(({ type, isList }) => type === first.type && isList === first.isList) ? first : ANY;
}

function withoutList({ type }: Kind): Kind {
  return type ? { type } : ANY;
}
