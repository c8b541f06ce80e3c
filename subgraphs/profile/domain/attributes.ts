import { compareText } from './identity-graph';

type Fields = Readonly<Record<string, unknown>>;

/** One value at one path, and which item said so when. `null` clears. */
export interface Leaf {
  readonly value: unknown;
  readonly atMs: number;
  readonly item: string;
}

/** Path → its newest leaf. */
export type Leaves = ReadonlyMap<string, Leaf>;

/** What the records of one dataset say about one identity. */
export interface Fragment {
  readonly owner: string;
  readonly dataset: string;
  readonly leaves: Leaves;
}

/** A leaf with where it came from. */
export interface SourcedLeaf extends Leaf {
  readonly path: string;
  readonly dataset: string;
}

/** Which of two leaves holds: positive when `a` does. Never 0 for leaves that differ. */
export type LeafOrder = (a: SourcedLeaf, b: SourcedLeaf) => number;

const ENVELOPE = new Set(['_id', 'timestamp', 'identityMap']);

/** The leaves of a record: objects by field, lists and scalars whole (P-5). Its id, time and identities are none. */
export function toLeaves(data: Fields, atMs: number, item: string): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (value !== undefined) leaves.set(path, { value, atMs, item });
      return;
    }
    for (const [name, inner] of Object.entries(value))
      if (name !== '__proto__') walk(inner, `${path}.${escapeName(name)}`);
  };
  for (const [name, value] of Object.entries(data)) {
    if (!ENVELOPE.has(name) && name !== '__proto__') walk(value, escapeName(name));
  }
  return leaves;
}

/** `leaves` with those of `incoming` that hold; the same object when none does. */
export function mergeLeaves(leaves: Leaves, incoming: Leaves): Leaves {
  let merged: Map<string, Leaf> | undefined;
  for (const [path, leaf] of incoming) {
    const known = leaves.get(path);
    if (known && compareLeaves(leaf, known) <= 0) continue;
    merged ??= new Map(leaves);
    merged.set(path, leaf);
  }
  return merged ?? leaves;
}

/** The newest by the source's time holds (P-13). */
export const newestFirst: LeafOrder = (a, b) =>
  a.atMs - b.atMs || compareText(a.dataset, b.dataset) || compareLeaves(a, b) || compareText(a.path, b.path);

/** The dataset that stands earlier in the list holds, within one the newest. Others must be left out before. */
export function byPrecedence(datasets: readonly string[]): LeafOrder {
  const rank = new Map(datasets.map((dataset, index) => [dataset, index]));
  return (a, b) => (rank.get(b.dataset) ?? 0) - (rank.get(a.dataset) ?? 0) || newestFirst(a, b);
}

/**
 * The leaves that hold, by path. A value at a path takes the place of all that stood above and below it: of `a` = 5 and
 * `a.b` = 1 only the one that comes first in `order` holds.
 */
export function resolveLeaves(fragments: readonly Fragment[], order: LeafOrder): readonly SourcedLeaf[] {
  const winners = new Map<string, SourcedLeaf>();
  for (const { dataset, leaves } of fragments) {
    for (const [path, leaf] of leaves) {
      const sourced = { ...leaf, path, dataset };
      const known = winners.get(path);
      if (!known || order(sourced, known) > 0) winners.set(path, sourced);
    }
  }
  const hidden = new Set<SourcedLeaf>();
  for (const leaf of winners.values()) {
    for (const above of pathsAbove(leaf.path)) {
      const other = winners.get(above);
      if (other) hidden.add(order(other, leaf) > 0 ? leaf : other);
    }
  }
  return [...winners.values()].filter((leaf) => !hidden.has(leaf) && leaf.value !== null);
}

/** The object that the leaves make. */
export function toAttributes(leaves: readonly SourcedLeaf[]): Fields {
  const root: Record<string, unknown> = {};
  for (const { path, value } of [...leaves].sort((a, b) => compareText(a.path, b.path))) {
    const names = splitPath(path);
    const last = names.pop() ?? '';
    let at = root;
    for (const name of names) {
      const inner = Object.hasOwn(at, name) ? at[name] : undefined;
      const next = (inner ?? {}) as Record<string, unknown>;
      if (!inner) at[name] = next;
      at = next;
    }
    at[last] = value;
  }
  return root;
}

/** True when no leaf can stand above or below another one. */
export function isFlat(leaves: Leaves): boolean {
  for (const path of leaves.keys()) if (path.includes('.') || path.includes('\\')) return false;
  return true;
}

/** The object that the leaves of one flat fragment make by themselves: as `toAttributes` does, by a shorter way. */
export function toFlatAttributes(leaves: Leaves): Fields {
  const root: Record<string, unknown> = {};
  for (const path of [...leaves.keys()].sort(compareText)) {
    const value = leaves.get(path)?.value;
    if (value !== null) root[path] = value;
  }
  return root;
}

/** The names of a path: dots part them, a backslash keeps what follows. */
export function splitPath(path: string): string[] {
  if (!path.includes('\\')) return path.split('.');
  const names = [''];
  for (const [part] of path.matchAll(/\\.|\.|[^\\.]+/gs)) {
    if (part === '.') names.push('');
    else names.push(`${names.pop()}${part.startsWith('\\') ? part.slice(1) : part}`);
  }
  return names;
}

function escapeName(name: string): string {
  return /[\\.]/.test(name) ? name.replace(/[\\.]/g, '\\$&') : name;
}

function pathsAbove(path: string): readonly string[] {
  const above: string[] = [];
  for (let at = path.lastIndexOf('.'); at > 0; at = path.lastIndexOf('.', at - 1)) {
    if (!isEscaped(path, at)) above.push(path.slice(0, at));
  }
  return above;
}

function isEscaped(path: string, at: number): boolean {
  let first = at;
  while (path[first - 1] === '\\') first -= 1;
  return (at - first) % 2 === 1;
}

function compareLeaves(a: Leaf, b: Leaf): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  return compareText(a.item, b.item) || compareText(JSON.stringify(a.value), JSON.stringify(b.value));
}
