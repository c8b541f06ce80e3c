import type { FieldNode } from 'graphql';
import { type AnswerError, type PathPart, toAnswerError } from './answer';
import type { Failure } from './failure';
import { toResponseKey } from './gathered-keys';

/** A null whose error is told already: the field is null, or its parent where it must not be. */
export const FAILED = Symbol('failed');
/** A null that may not stand here: the parent fails. */
export const NULLED = Symbol('nulled');

/** One projection under way. */
export interface Walk {
  readonly errors: AnswerError[];
  /** The path to the value at hand: parts beyond its depth are left over from elsewhere. */
  readonly path: PathPart[];
}

/** Turns a gathered value into the caller's: FAILED and NULLED stand for nulls that are told already. */
export type Complete = (value: unknown, walk: Walk, depth: number) => unknown;

/** A failure at the value at hand: its errors are told here. */
export function report({ reasons }: Failure, walk: Walk, depth: number, node: FieldNode): typeof FAILED {
  for (const { cause, rest } of reasons) {
    cause.reported = true;
    const path = [...walk.path.slice(0, depth), ...rest.map(toResponseKey)];
    walk.errors.push(toAnswerError(cause.message, cause.extensions, path, node));
  }
  return FAILED;
}

/** A value that a subgraph should not have answered with. */
export function fail(walk: Walk, depth: number, node: FieldNode | undefined, message: string): typeof FAILED {
  walk.errors.push(toAnswerError(message, { code: 'INTERNAL_SERVER_ERROR' }, walk.path.slice(0, depth), node));
  return FAILED;
}

/** Says that something else was expected. */
export function notAn(expected: string, value: unknown): string {
  return `A subgraph answered with a ${Array.isArray(value) ? 'list' : typeof value} where the graph has ${
    expected === 'list' ? 'a list' : 'an object'
  }.`;
}
