import type { FetchRewrite } from '../plan';
import type { Supergraph } from '../supergraph';
import type { JsonObject } from './answer';
import type { Renamed } from './shape';

/** Changes a value in place: response keys that had to be renamed for a call, names of types on its way in. */
export type Rewrite = (value: unknown) => void;

type Part = { readonly typeNames: readonly string[] } | { readonly key: string };

/** One function for all rewrites of a call; `undefined` when there are none. */
export function compileRewrites(
  rewrites: readonly FetchRewrite[] | undefined,
  { isPossible }: Pick<Supergraph, 'isPossible'>,
): Rewrite | undefined {
  if (!rewrites || rewrites.length === 0) return undefined;
  const compiled = rewrites.map((rewrite) => {
    const { path, apply } = read(rewrite);
    return (value: unknown) => walk(value, path, 0, isPossible, apply);
  });
  return (value) => {
    for (const rewrite of compiled) rewrite(value);
  };
}

/** The response keys that rewrites give another name. */
export function renamesOf(rewrites: readonly FetchRewrite[] | undefined): readonly Renamed[] {
  return (rewrites ?? []).flatMap((rewrite) => {
    if (!('KeyRenamer' in rewrite)) return [];
    const { path, renameKeyTo } = rewrite.KeyRenamer;
    return [{ path: path.flatMap((part) => ('Key' in part ? [part.Key] : [])), to: renameKeyTo }];
  });
}

function read(rewrite: FetchRewrite): {
  readonly path: readonly Part[];
  readonly apply: (parent: JsonObject, key: string) => void;
} {
  if ('KeyRenamer' in rewrite) {
    const { path, renameKeyTo } = rewrite.KeyRenamer;
    return { path: toParts(path), apply: (parent, key) => rename(parent, key, renameKeyTo) };
  }
  const { path, setValueTo } = 'ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite;
  return {
    path: toParts(path),
    apply: (parent, key) => {
      parent[key] = setValueTo;
    },
  };
}

function toParts(path: readonly ({ readonly TypenameEquals: string[] } | { readonly Key: string })[]): readonly Part[] {
  return path.map((part) => ('Key' in part ? { key: part.Key } : { typeNames: [part.TypenameEquals].flat() }));
}

function rename(parent: JsonObject, key: string, to: string): void {
  if (!(key in parent)) return;
  parent[to] = parent[key];
  delete parent[key];
}

function walk(
  value: unknown,
  path: readonly Part[],
  depth: number,
  isPossible: Supergraph['isPossible'],
  apply: (parent: JsonObject, key: string) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, path, depth, isPossible, apply);
    return;
  }
  const part = path[depth];
  if (typeof value !== 'object' || value === null || !part) return;
  const object = value as JsonObject;
  if ('key' in part) {
    if (depth === path.length - 1) apply(object, part.key);
    else walk(object[part.key], path, depth + 1, isPossible, apply);
    return;
  }
  const typeName = object.__typename;
  const fits = typeof typeName !== 'string' || part.typeNames.some((condition) => isPossible(typeName, condition));
  if (fits) walk(object, path, depth + 1, isPossible, apply);
}
