import type { FieldNode } from 'graphql';
import { getLocation } from 'graphql';
import type { ErrorCode } from '../../platform/errors';

/** A part of a path in an answer: a response key or an index. */
export type PathPart = string | number;
export type JsonObject = Record<string, unknown>;

/** One error of an answer, as callers see it. */
export interface AnswerError {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly path?: readonly PathPart[];
  readonly extensions: { readonly code: ErrorCode } & Readonly<Record<string, unknown>>;
}

/** An answer to one operation: plain JSON. `data` is absent when the operation could not be begun. */
export interface Answer {
  readonly data?: JsonObject | null;
  readonly errors?: readonly AnswerError[];
}

/** The same answer, of which nobody else holds a part: subgraphs of this process answer with what they keep. */
export function copyAnswer({ data, errors }: Answer): Answer {
  return { ...(data !== undefined && { data: copyJson(data) as JsonObject | null }), ...(errors && { errors }) };
}

function copyJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson);
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const each = copyJson((value as JsonObject)[key]);
    // What callers sent may have any names.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: each, enumerable: true, writable: true });
    else copy[key] = each;
  }
  return copy;
}

/** An error at a field of the answer and at its place in the caller's document. */
export function toAnswerError(
  message: string,
  extensions: Readonly<Record<string, unknown>>,
  path: readonly PathPart[],
  node: FieldNode | undefined,
): AnswerError {
  const { loc } = node ?? {};
  return {
    message,
    ...(loc && { locations: [getLocation(loc.source, loc.start)] }),
    path,
    extensions: extensions as AnswerError['extensions'],
  };
}
