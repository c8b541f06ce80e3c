import type { AnswerError, JsonObject, PathPart } from './answer';

/** What went wrong in one subgraph, once, however many fields of the answer miss because of it. */
export class Cause {
  /** True when a field that the caller asked for showed it. */
  reported = false;

  constructor(
    readonly message: string,
    readonly extensions: Readonly<Record<string, unknown>>,
  ) {}
}

/** Why a cause is felt at a place, and where below that place it happened, as far as the subgraph told. */
export interface Reason {
  readonly cause: Cause;
  readonly rest: readonly PathPart[];
}

/** Stands in gathered data where a value could not be had. The projection turns it into null and located errors. */
export class Failure {
  constructor(readonly reasons: readonly Reason[]) {}
}

/** The cause that a subgraph's error stands for. */
export function toCause({ message, extensions }: AnswerError, service: string): Cause {
  return new Cause(message, { ...extensions, service });
}

/**
 * Puts a reason where its path leads in `data`: at the first value on the way that is missing. False when the path ends
 * at a value that is there, or leads nowhere.
 */
export function placeFailure(data: JsonObject, path: readonly PathPart[], cause: Cause): boolean {
  let at: unknown = data;
  for (const [depth, part] of path.entries()) {
    if (typeof at !== 'object' || at === null) return false;
    const parent = at as Record<PathPart, unknown>;
    const value = parent[part];
    if (value === null || value === undefined || value instanceof Failure) {
      const reason = { cause, rest: path.slice(depth + 1) };
      parent[part] = new Failure(value instanceof Failure ? [...value.reasons, reason] : [reason]);
      return true;
    }
    at = value;
  }
  return false;
}

/** Gives each of `keys` that `target` lacks its part of a failure of the whole: the reasons below it, else all. */
export function spreadFailure(target: JsonObject, keys: readonly string[], { reasons }: Failure): void {
  for (const key of keys) {
    const present = target[key];
    if (key === '__typename' || (present !== undefined && present !== null)) continue;
    const own = reasons.filter(({ rest }) => rest[0] === key);
    target[key] = new Failure(
      own.length > 0
        ? own.map(({ cause, rest }) => ({ cause, rest: rest.slice(1) }))
        : reasons.map(({ cause }) => ({ cause, rest: [] })),
    );
  }
}

/** The path to the object that holds a failure with this cause; `undefined` when none does. */
export function findHolder(data: unknown, cause: Cause): readonly PathPart[] | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  for (const [key, value] of Object.entries(data)) {
    if (value instanceof Failure) {
      if (value.reasons.some((reason) => reason.cause === cause)) return [];
      continue;
    }
    const below = findHolder(value, cause);
    if (below) return [Array.isArray(data) ? Number(key) : key, ...below];
  }
  return undefined;
}
