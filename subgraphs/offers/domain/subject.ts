import type { Subject } from './decide';

type Fields = Readonly<Record<string, unknown>>;

/** What a decision needs of a profile. */
export interface DecisionFacts {
  readonly attributes?: Fields | null;
  readonly computedAttributes?: Fields | null;
  /** purpose → status. */
  readonly consents?: Fields | null;
  /** What the caller said about the request itself. */
  readonly context?: Fields | null;
}

const NONE: Fields = {};

/** The subject of a decision. `null` or `undefined` for a part whose owner could not be asked. */
export function toSubject(
  facts: DecisionFacts | null | undefined,
  segments: readonly string[] | null | undefined,
  context: Fields | null | undefined,
  nowMs: number,
): Subject {
  return {
    profile: facts ? { ...facts.attributes, computedAttributes: facts.computedAttributes ?? NONE } : undefined,
    segments: segments ?? undefined,
    context: facts?.context && context ? { ...facts.context, ...context } : (context ?? facts?.context ?? NONE),
    mayPersonalize: facts?.consents?.personalize !== 'DENIED',
    nowMs,
  };
}
