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
