import { splitPath } from '../attributes';

/** What stands under `computedAttributes`: each value at the path that its id is. Missing ones are left out. */
export function toComputedAttributes(values: Iterable<readonly [id: string, value: unknown]>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [id, value] of values) if (value !== undefined) setAt(root, splitPath(id), value);
  return root;
}

/** The other id that cannot stand beside this one, because one is a path through the other; `undefined` for none. */
export function findClash(id: string, others: Iterable<string>): string | undefined {
  for (const other of others) if (other.startsWith(`${id}.`) || id.startsWith(`${other}.`)) return other;
  return undefined;
}

function setAt(root: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    root[name] = value;
    return;
  }
  const inner = (Object.hasOwn(root, name) ? root[name] : undefined) ?? {};
  root[name] = inner;
  setAt(inner as Record<string, unknown>, rest, value);
}
