import type { Expression } from '../../../../platform/pql/tree';

/** A published rule. */
export interface Rule {
  readonly id: string;
  readonly version: number;
  readonly tree: Expression;
  /** The merge policy whose view of people it is asked on, where that is not the default one: it needs a scan. */
  readonly view?: string | undefined;
}

/** Why something moved; as in `flow/events`. */
export interface FlipCause {
  readonly kind: 'EVENT' | 'RECORD' | 'TIME' | 'MERGE' | 'SPLIT' | 'IMPORT' | 'RULE' | 'EXPIRY' | 'PRIVACY';
  readonly reference?: string;
}

/** A person entered or left a segment. */
export interface Flip {
  readonly segmentId: string;
  readonly status: 'REALIZED' | 'EXITED';
  /** The instant of evaluation, or the due time when time alone moved it. */
  readonly atMs: number;
  readonly cause: FlipCause;
}

/** One thing that the person did, as it is told with a change. */
export interface RuleEvent {
  readonly key: string;
  readonly timestampMs: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A person, whole. */
export interface Person {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly computedAttributes?: Readonly<Record<string, unknown>>;
  readonly events: readonly RuleEvent[];
}

/** What came: events that were not there before, and the whole attributes when they changed. */
export interface PersonChange {
  readonly cause: FlipCause;
  readonly events: readonly RuleEvent[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly computedAttributes?: Readonly<Record<string, unknown>>;
}

/** How a rule can be evaluated at best (S-4), and why, in sentences. */
export interface RuleMethod {
  readonly method: 'EDGE' | 'STREAMING' | 'BATCH';
  readonly reasons: readonly string[];
}

/** How rules are read. */
export interface RuleSetOptions {
  /** The IANA zone of days and months (default: UTC). */
  readonly timeZone?: string;
  /** How many events that fit are kept for a window or a step (default: 5,000); rules that may need more say so. */
  readonly maxEvents?: number;
  /** How many events there are of a person read whole (default: as many); rules that are answered from those say so. */
  readonly keptEvents?: number;
}
