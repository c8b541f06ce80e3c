import { mapParts, partsOf } from '../../../../../platform/pql/rewrite';
import type { Expression } from '../../../../../platform/pql/tree';

/**
 * The tree with what is bound to `variable` in its place, as if it had been written there.
 * @param around variables that are bound around the tree
 */
export function substitute(
  tree: Expression,
  variable: string,
  bound: Expression,
  around: readonly string[] = [],
): Expression {
  return replace(
    tree,
    0,
    (node, depth) => {
      if (node.kind !== 'name' || node.up > 0 || node.name !== variable) return undefined;
      return raise(bound, depth, around);
    },
    variable,
  );
}

/**
 * A condition on `variable`, as a condition in which names are the item's own: `E.a > x` becomes `a > ^x`. `undefined`
 * where the item as a whole is used.
 */
export function toItemForm(tree: Expression, variable: string): Expression | undefined {
  let isWhole = false;
  const rewritten = replace(tree, 0, (node, depth, isBound) => {
    if (node.kind === 'field' && isName(node.of, variable) && !isBound(variable)) {
      isWhole ||= isBound(node.path[0] ?? '');
      return toItemField(node.path, depth, node);
    }
    // Its parameter is the item at hand, which would become another one.
    isWhole ||= node.kind === 'lambda';
    if (node.kind !== 'name' || (node.up === 0 && isBound(node.name))) return undefined;
    if (isName(node, variable)) isWhole = true;
    const isInner = node.up < depth || node.name === 'xEvent';
    return isInner ? node : { ...node, up: node.up + 1 };
  });
  return isWhole ? undefined : rewritten;
}

/** The tree with `$1.xEvent` as `xEvent`, which it is. */
export function withoutRoots(tree: Expression): Expression {
  return replace(tree, 0, (node) => {
    if (node.kind !== 'field' || node.of.kind !== 'root' || node.path[0] !== 'xEvent') return undefined;
    const events: Expression = { kind: 'name', name: 'xEvent', up: 0, at: node.at };
    return node.path.length > 1 ? { kind: 'field', of: events, path: node.path.slice(1), at: node.at } : events;
  });
}

/** The tree without lambdas: a parameter is the profile, in a list the item. Those that use an item as a whole remain. */
export function withoutLambdas(tree: Expression): Expression {
  return replace(tree, 0, (node, depth, isBound) => {
    if (node.kind !== 'lambda') return undefined;
    const { body, parameter, at } = node;
    const named =
      depth === 0 ? substitute(body, parameter, { kind: 'root', at }) : withItemNames(body, parameter, isBound);
    return named && withoutLambdas(named);
  });
}

/** The body of a lambda over the items of a list, with their fields by name; `undefined` where it cannot be so. */
function withItemNames(
  body: Expression,
  parameter: string,
  isBoundAround: (name: string) => boolean,
): Expression | undefined {
  let isWhole = false;
  const named = replace(body, 0, (node, depth, isBound) => {
    if (node.kind === 'field' && isName(node.of, parameter) && !isBound(parameter)) {
      const [first = ''] = node.path;
      isWhole ||= first === 'xEvent' || isBound(first) || isBoundAround(first);
      return toItemField(node.path, depth, node);
    }
    isWhole ||= isName(node, parameter) && !isBound(parameter);
    return undefined;
  });
  return isWhole ? undefined : named;
}

/** True when the tree reads one of these variables, which are bound around it. */
export function mentions(tree: Expression, variables: readonly string[]): boolean {
  let found = false;
  replace(tree, 0, (node, _, isBound) => {
    found ||= node.kind === 'name' && node.up === 0 && variables.includes(node.name) && !isBound(node.name);
    return undefined;
  });
  return found;
}

/** The names that a tree does not bind itself raised, so that it means the same `by` lists further in. */
function raise(tree: Expression, by: number, around: readonly string[]): Expression {
  if (by === 0) return tree;
  const raiseName: Replace = (node, depth, isBound) => {
    if (node.kind !== 'name' || node.up < depth || (node.up === 0 && isBound(node.name))) return undefined;
    return { ...node, up: node.up + by };
  };
  return replace(tree, 0, raiseName, undefined, around);
}

type Replace = (node: Expression, depth: number, isBound: (name: string) => boolean) => Expression | undefined;

/** Replaces nodes from the root on; what was replaced is not looked into. `depth` counts the lists in between. */
function replace(
  tree: Expression,
  depth: number,
  by: Replace,
  unless?: string,
  bound: readonly string[] = [],
): Expression {
  const found = by(tree, depth, (name) => bound.includes(name));
  if (found) return found;
  const mapped = mapParts(tree, (part, { perItem, variables }) => {
    if (unless !== undefined && variables.includes(unless)) return part;
    return replace(part, depth + (perItem ? 1 : 0), by, unless, [...bound, ...variables]);
  });
  return joinField(mapped);
}

/** A field of a field is one field. */
function joinField(node: Expression): Expression {
  if (node.kind !== 'field' || node.of.kind !== 'field') return node;
  return { ...node.of, path: [...node.of.path, ...node.path] };
}

function isName(node: Expression, name: string): boolean {
  return node.kind === 'name' && node.up === 0 && node.name === name;
}

function toItemField(path: readonly string[], up: number, { at }: Expression): Expression {
  const [name = '', ...rest] = path;
  const first: Expression = { kind: 'name', name, up, at };
  return rest.length > 0 ? { kind: 'field', of: first, path: rest, at } : first;
}

/** What a tree reads, as far as keeping it is concerned. */
export interface Reads {
  /** Something of the item at hand or of the profile: names that reach out of the tree by `depth` lists. */
  readonly outer: boolean;
  readonly events: boolean;
  readonly time: boolean;
  readonly segments: readonly string[];
}

/** What a tree reads. @param depth how many of the lists around it are its own: 1 for what is asked of an event */
export function readsOf(tree: Expression, depth: number): Reads {
  const found = { outer: false, events: false, time: false, segments: [] as string[] };
  visit(tree, 0, []);
  return found;

  function visit(node: Expression, within: number, bound: readonly string[]): void {
    if (node.kind === 'name' && node.name === 'xEvent') found.events = true;
    else if (node.kind === 'name')
      found.outer ||= !(node.up === 0 && bound.includes(node.name)) && node.up >= within + depth;
    if (node.kind === 'root') found.outer = true;
    if (node.kind === 'moment' || node.kind === 'period') found.time = true;
    if (node.kind === 'call') visitCall(node.function, node.arguments);
    for (const { part, inside } of partsOf(node)) {
      visit(part, within + (inside.perItem ? 1 : 0), [...bound, ...inside.variables]);
    }
  }

  function visitCall(name: string, [id]: readonly Expression[]): void {
    if (name.startsWith('current')) found.time = true;
    if (name === 'inSegment' && id?.kind === 'literal') found.segments.push(String(id.value));
  }
}
