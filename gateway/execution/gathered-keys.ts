import { type DocumentNode, type FieldNode, Kind, visit } from 'graphql';
import type { PathPart } from './answer';

/**
 * What callers rename is gathered under keys of ours. A caller may call anything `id`; where subgraphs are asked about
 * an object by its `id`, that must be the object's own.
 */
const RENAMED = '_as_';

/** The key under which a field's value is gathered. */
export function gatheredKey({ alias, name }: FieldNode): string {
  return alias === undefined || alias.value === name.value ? name.value : RENAMED + alias.value;
}

/** The caller's key for a part of a path in what was gathered. */
export function toResponseKey(part: PathPart): PathPart {
  return typeof part === 'string' && part.startsWith(RENAMED) ? part.slice(RENAMED.length) : part;
}

/** The document with each field under the key that it is gathered by. */
export function renameAliases(document: DocumentNode): DocumentNode {
  return visit(document, {
    Field: (field) =>
      field.alias ? { ...field, alias: { kind: Kind.NAME, value: gatheredKey(field) } as const } : undefined,
  });
}
