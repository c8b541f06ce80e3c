import { toInstant } from '../time/date-value';
import type { PqlEvent } from './scope';
import { isMissing } from './values';

/** Reads one path from a value; `undefined` where it leads nowhere. */
export type PathReader = (value: unknown) => unknown;

/** Reads `path`. Only own fields count; a field of a list is that of each of its items that has it. */
export function createPathReader(path: readonly string[]): PathReader {
  const [first, second, third] = path.map(createFieldReader);
  if (!first) return (value) => value;
  if (!second) return first;
  if (!third) return (value) => second(first(value));
  if (path.length === 3) return (value) => third(second(first(value)));
  const rest = createPathReader(path.slice(3));
  return (value) => rest(third(second(first(value))));
}

/** Reads `path` from an event; its `timestamp` is the instant that it was filed under. */
export function createEventReader(path: readonly string[]): (event: PqlEvent) => unknown {
  if (path[0] === 'timestamp') return path.length > 1 ? () => undefined : (event) => toInstant(event.timestampMs);
  const read = createPathReader(path);
  return (event) => read(event.data);
}

function createFieldReader(name: string): PathReader {
  if (name in Object.prototype) return (value) => readInherited(value, name);
  const read: PathReader = (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Array.isArray(value) ? readEach(value, read) : (value as Record<string, unknown>)[name];
  };
  return read;
}

function readInherited(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return readEach(value, (item) => readInherited(item, name));
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** The values that `read` finds in the items, one list: lists among them are joined in. */
export function readEach<T>(items: readonly T[], read: (item: T) => unknown): readonly unknown[] {
  const found: unknown[] = [];
  for (const item of items) {
    const value = read(item);
    if (Array.isArray(value)) found.push(...value);
    else if (!isMissing(value)) found.push(value);
  }
  return found;
}
