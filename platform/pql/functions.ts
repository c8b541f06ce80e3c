/** How a function is called. Counts include a method's receiver, which is the first argument. */
export interface FunctionShape {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** The argument that is evaluated for each item of the first, names being the item's own. */
  readonly perItem?: number;
  /** May stand between its two arguments: `a in b`. */
  readonly infix?: true;
}

const infix = (name: string): FunctionShape => ({ name, least: 2, most: 3, infix: true });
const shape = (name: string, least: number, most = least): FunctionShape => ({ name, least, most });
const perItem = (name: string, least: number, most = least): FunctionShape => ({ name, least, most, perItem: 1 });

const TEXT =
  'like equals notEqualTo startsWith doesNotStartWith endsWith doesNotEndWith contains doesNotContain matches';
const SETS = 'in notIn intersects intersection subsetOf supersetOf includes';

/** Every function of the language. A text or set function takes a last argument: `false` ignores case. */
export const pqlFunctions: readonly FunctionShape[] = [
  ...`${TEXT} ${SETS}`.split(' ').map(infix),
  shape('regexGroup', 3, 4),
  ...['distinct', 'head', 'keys', 'values', 'isNull', 'isNotNull'].map((name) => shape(name, 1)),
  ...['groupBy', 'filter', 'map', 'exists', 'forall', 'select'].map((name) => perItem(name, 2)),
  ...['topN', 'bottomN'].map((name) => perItem(name, 3)),
  ...['count', 'sum', 'average', 'min', 'max'].map((name) => perItem(name, 1, 2)),
  shape('get', 2),
  ...['getDayOfMonth', 'getMonth', 'getYear'].map((name) => shape(name, 1)),
  ...['currentDayOfMonth', 'currentMonth', 'currentYear'].map((name) => shape(name, 0)),
  shape('date', 3),
  shape('if', 3),
  shape('inSegment', 1),
];

const byName = new Map(pqlFunctions.map((each) => [each.name.toLowerCase(), each]));

/** The function of this name, however it is capitalised. */
export function findFunction(name: string): FunctionShape | undefined {
  return byName.get(name.toLowerCase());
}
