import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isNonNullType,
  isUnionType,
} from 'graphql';
import { createRandom } from '../support/random';

export interface RandomQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const VARIABLES = { yes: true, no: false, n: 2, word: 'Hi', sku: 'S-b2', id: 'u3' };
const HEAD = 'query Q($yes: Boolean!, $no: Boolean = false, $n: Int!, $word: String!, $sku: String!, $id: ID!)';

/** A valid query over any part of the schema: aliases, arguments, fragments, conditions, at most `depth` deep. */
export function randomQuery(schema: GraphQLSchema, seed: number, depth = 4): RandomQuery {
  const random = createRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const chance = (probability: number): boolean => random() < probability;
  const fragments: string[] = [];
  let aliases = 0;

  function selectionsOf(type: GraphQLCompositeType, left: number): string {
    const parts: string[] = chance(0.2) ? ['__typename'] : [];
    if (!isUnionType(type)) parts.push(...fieldsOf(type as GraphQLObjectType, left));
    if (isAbstractType(type)) {
      for (const possible of schema.getPossibleTypes(type)) if (chance(0.6)) parts.push(fragmentOn(possible, left));
    }
    if (!isAbstractType(type) && chance(0.2)) parts.push(fragmentOn(type, left));
    if (!isAbstractType(type) && chance(0.15)) {
      const [supertype] = Object.values(schema.getTypeMap()).filter(
        (one) => isAbstractType(one) && schema.isSubType(one, type as GraphQLObjectType),
      );
      if (supertype) parts.push(fragmentOn(supertype as GraphQLCompositeType, left));
    }
    return parts.length > 0 ? parts.join(' ') : '__typename';
  }

  function fieldsOf(type: GraphQLObjectType, left: number): readonly string[] {
    return Object.values(type.getFields()).flatMap((field) => {
      if (!chance(0.45)) return [];
      const named = getNamedType(field.type);
      if (!isCompositeType(named)) return [fieldOf(field, '')];
      return left > 0 ? [fieldOf(field, ` { ${selectionsOf(named, left - 1)} }`)] : [];
    });
  }

  function fieldOf(field: GraphQLField<unknown, unknown>, below: string): string {
    const given = field.args.filter(
      ({ type, defaultValue }) => (isNonNullType(type) && defaultValue === undefined) || chance(0.5),
    );
    const args = given.map(({ name, type }) => `${name}: ${valueFor(name, type)}`);
    const text = args.length > 0 ? `(${args.join(', ')})` : '';
    // What takes arguments is always renamed, so that two uses never collide.
    const alias = field.args.length > 0 || chance(0.2) ? `a${aliases++}: ` : '';
    return `${alias}${field.name}${text}${condition()}${below}`;
  }

  function valueFor(name: string, type: GraphQLInputType): string {
    if (name === 'id') return chance(0.5) ? '$id' : `"${pick(['u1', 'u2', 'nobody'])}"`;
    if (name === 'sku') return chance(0.5) ? '$sku' : `"${pick(['S-b1', 'S-none'])}"`;
    if (name === 'word') return chance(0.5) ? '$word' : '"Hey"';
    if (String(type).startsWith('Int')) return chance(0.5) ? '$n' : String(Math.floor(random() * 5));
    if (String(type).startsWith('Boolean')) return pick(['$yes', '$no', 'true', 'null']);
    return pick(['"EUR"', '"CHF"']);
  }

  function condition(): string {
    if (!chance(0.15)) return '';
    return ` @${pick(['skip', 'include'])}(if: ${pick(['$yes', '$no', 'true', 'false'])})`;
  }

  function fragmentOn(type: GraphQLCompositeType, left: number): string {
    const body = `{ ${selectionsOf(type, left - 1)} }`;
    if (chance(0.6)) return `... on ${type.name}${condition()} ${body}`;
    const name = `F${fragments.length}`;
    fragments.push(`fragment ${name} on ${type.name} ${body}`);
    return `...${name}${condition()}`;
  }

  const selections = selectionsOf(schema.getQueryType() as GraphQLObjectType, depth);
  return { query: withoutUnused(`${HEAD} { ${selections} }\n${fragments.join('\n')}`), variables: VARIABLES };
}

/** Variables must be used: what the query does not name is taken off its head. */
function withoutUnused(query: string): string {
  const [head = '', ...rest] = query.split(') {');
  const body = rest.join(') {');
  const [name = '', list = ''] = head.split('(');
  const kept = list.split(', ').filter((one) => new RegExp(`\\${one.split(':')[0]}\\b`).test(body));
  return `${name}${kept.length > 0 ? `(${kept.join(', ')})` : ''} {${body}`;
}
