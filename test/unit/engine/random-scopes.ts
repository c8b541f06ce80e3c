import { createRandom } from '../../support/random';

type Kind = 'profile' | 'event' | 'order' | 'line';

/** What names mean at a place: the lists around, innermost last, and what is bound. */
interface Scope {
  readonly kinds: readonly Kind[];
  readonly variables: readonly { readonly name: string; readonly kind: Kind }[];
  readonly numbers: readonly string[];
  readonly depth: number;
}

type List = readonly [text: string, of: Kind];

const NUMBERS: Readonly<Record<Kind, readonly string[]>> = {
  profile: ['n', 'm'],
  event: ['n', 'price'],
  order: ['n', 'x'],
  line: ['n', 'x'],
};
const LISTS: Readonly<Record<Kind, List>> = {
  profile: ['orders', 'order'],
  event: ['items', 'line'],
  order: ['lines', 'line'],
  line: ['xEvent', 'event'],
};
const WINDOWS = ['< 3 days before now', '<= 2 hours before now', 'today', 'yesterday', '> 1 day before now'];

/** Rules that nest lists, variables and `^` in every way. Fields of one name are everywhere, so that mistakes show. */
export function createScopeRules(seed: number): () => string {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const chance = (share: number): boolean => random() < share;
  let names = 0;

  const inList = (scope: Scope, kind: Kind): Scope => ({ ...scope, kinds: [...scope.kinds, kind] });
  const bind = (scope: Scope, kind: Kind): readonly [string, Scope] => {
    const name = `V${names++}`;
    return [name, { ...scope, variables: [...scope.variables, { name, kind }] }];
  };
  const place = ({ kinds, variables }: Scope): List => {
    if (variables.length > 0 && chance(0.45)) {
      const { name, kind } = pick(variables);
      return [`${name}.`, kind];
    }
    const up = Math.floor(random() * Math.min(3, kinds.length));
    return ['^'.repeat(up), kinds[kinds.length - 1 - up] as Kind];
  };
  const field = (scope: Scope): string => {
    const [prefix, kind] = place(scope);
    return prefix + pick(NUMBERS[kind]);
  };
  const source = (scope: Scope): List => {
    if (chance(0.5)) return ['xEvent', 'event'];
    const [prefix, kind] = place(scope);
    const [name, of] = LISTS[kind];
    return name === 'xEvent' ? [name, of] : [prefix + name, of];
  };
  const list = (scope: Scope): List => {
    const [base, kind] = source(scope);
    if (scope.depth <= 0 || chance(0.35)) return [base, kind];
    const inner = inList(deeper(scope), kind);
    const [name, bound] = bind(deeper(scope), kind);
    return pick<() => List>([
      () => [`${base}[${truth(inner)}]`, kind],
      () => [`${base}.filter(${truth(inner)})`, kind],
      () => [`(select ${name} from ${base} where ${truth(bound)})`, kind],
      () => [`${base}.topN(${number(inner)}, ${pick([1, 2])})`, kind],
    ])();
  };
  const number = (scope: Scope): string => {
    if (scope.depth <= 0 || chance(0.3)) return chance(0.4) ? pick(['0', '1', '2', '3']) : field(scope);
    if (scope.numbers.length > 0 && chance(0.2)) return pick(scope.numbers);
    const inner = deeper(scope);
    const [of, kind] = list(inner);
    const [name, bound] = bind(inner, kind);
    const item = inList(inner, kind);
    return pick([
      () => `${of}.count()`,
      () => `${of}.${pick(['sum', 'max', 'min', 'average'])}(${number(item)})`,
      () => `(sum(${number(bound)}) over ${name} from ${of} where ${truth(bound)})`,
      () => `(${number(inner)} ${pick(['+', '-', '*'])} ${number(inner)})`,
      () => `${of}.map(${number(item)}).distinct().count()`,
      () => `if(${truth(inner)}, ${number(inner)}, ${number(inner)})`,
    ])();
  };
  const quantified = (scope: Scope): string => {
    const [of, kind] = list(scope);
    const [name, bound] = bind(scope, kind);
    const first = `${pick(['exists', 'forall', 'exists', 'select'])} ${name} from ${of} where (${truth(bound)})`;
    if (chance(0.6)) return `(${first})`;
    const [further, furtherKind] = list(bound);
    const [second, both] = bind(bound, furtherKind);
    return `(${first}, ${second} from ${further} where (${truth(both)}))`;
  };
  const truth = (scope: Scope): string => {
    const inner = deeper(scope);
    const compared = (): string => `${number(inner)} ${pick(['=', '!=', '<', '<=', '>', '>='])} ${number(inner)}`;
    if (scope.depth <= 0 || chance(0.2)) return compared();
    if (scope.kinds.at(-1) === 'event' && chance(0.2)) return `timestamp occurs ${pick(WINDOWS)}`;
    const [of, kind] = list(inner);
    const item = inList(inner, kind);
    const event = inList(inner, 'event');
    return pick([
      () => `${of}.${pick(['exists', 'forall'])}(${truth(item)})`,
      () => `${of}.exists((P) => P.n < ${number(item)})`,
      () => `${of}[${truth(item)}]`,
      () => quantified(inner),
      () => quantified(inner),
      () =>
        `(let N${names} = ${number(inner)} in (${truth({ ...inner, numbers: [...inner.numbers, `N${names++}`] })}))`,
      () =>
        `chain(xEvent, timestamp, [A: WHAT(${truth(event)}), B: ${pick(['', 'not '])}WHAT(${truth(event)})${pick(['', ' WHEN(< 3 hours after A)'])}])`,
      () => `((P) => P.n < ${number(inner)})`,
      () => `not (${truth(inner)})`,
      () => `(${truth(inner)}) ${pick(['and', 'or'])} (${truth(inner)})`,
    ])();
  };
  return () => {
    names = 0;
    return truth({ kinds: ['profile'], variables: [], numbers: [], depth: 4 });
  };
}

function deeper(scope: Scope): Scope {
  return { ...scope, depth: scope.depth - 1 };
}

/** Someone whom such rules are asked about, with what happened before `nowMs`. */
export function createScopePeople(seed: number, nowMs: number) {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const some = <T>(create: () => T): readonly T[] => Array.from({ length: below(3) }, create);
  const line = () => ({ n: below(4), x: below(4) });
  return () => ({
    attributes: { n: below(4), m: below(4), orders: some(() => ({ ...line(), lines: some(line) })) },
    events: Array.from({ length: below(5) }, (_, index) => ({
      key: `web|${index}`,
      timestampMs: nowMs - below(5 * 24) * 3_600_000,
      data: { n: below(4), price: below(4), items: some(line) },
    })).sort((a, b) => a.timestampMs - b.timestampMs),
  });
}
