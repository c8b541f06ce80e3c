import { AppError } from '../errors';
import type { Commit, IndexSpec, IndexValue } from './store';

// Databases cut text at U+0000, and UTF-8 has no form for half a surrogate pair: two such ids could become one.
const UNKEEPABLE = /[\0\p{Surrogate}]/u;

/** True when both engines keep `text` as it is: not empty, no U+0000, no half of a surrogate pair. */
export function isKey(text: string): boolean {
  return text.length > 0 && !UNKEEPABLE.test(text);
}

/** What an index holds of a document's field; null (not in the index) for anything but text and finite numbers. */
export function toIndexValue(value: unknown): IndexValue | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The fields that `indexes` need, each once. */
export function fieldsOf(indexes: readonly IndexSpec[]): readonly string[] {
  return [...new Set(indexes.flatMap((index) => index.fields))];
}

/** Fails with BAD_USER_INPUT when a sandbox or id of the commit cannot be kept as it is. */
export function checkCommit(commit: Commit): void {
  // `|` ends the sandbox in composed keys.
  if (!isKey(commit.sandbox) || commit.sandbox.includes('|')) refuse('sandbox', commit.sandbox);
  for (const write of commit.writes) if (!isKey(write.id)) refuse('id', write.id);
  for (const entry of commit.entries ?? []) {
    if (!isKey(entry.key)) refuse('key', entry.key);
    if (!isKey(entry.id)) refuse('id', entry.id);
  }
}

function refuse(what: string, received: string): never {
  throw new AppError(
    'BAD_USER_INPUT',
    `A ${what} must be plain text and not empty; received ${JSON.stringify(received)}.`,
  );
}
