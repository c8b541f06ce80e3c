import { type RuleState, sizeOfState } from './engine/rule-set';
import type { Memberships } from './membership';
import type { Plan } from './plan';

/** Audiences from elsewhere that a profile is in, and until when, in milliseconds. */
export type Imports = ReadonlyMap<string, number>;

/** What is known of one profile: how far it was evaluated, under which plan, and where it stands. */
export interface Evaluated {
  /** The last revision that was evaluated; 0: none. */
  readonly revision: number;
  /** Names the rules that `state` belongs to. */
  readonly fingerprint: string;
  /** When the newest of those rules was published. */
  readonly planSinceMs: number;
  /** Absent: to be made from a snapshot. Changed in place by what evaluates it further. */
  readonly state?: RuleState;
  readonly memberships: Memberships;
  readonly imports: Imports;
  /** When time alone changes the computed attributes next, as far as that is known. */
  readonly computedUntilMs?: number | undefined;
  /** True when the profile is no more. */
  readonly ended: boolean;
}

/** A profile that was never evaluated. */
export const NEVER: Evaluated = {
  revision: 0,
  fingerprint: '',
  planSinceMs: 0,
  memberships: new Map(),
  imports: new Map(),
  ended: false,
};

const EVALUATED_BYTES = 600;
const MEMBERSHIP_BYTES = 32;

/** About how much memory an evaluation takes, in bytes. */
export function sizeOfEvaluated({ state, memberships, imports }: Evaluated): number {
  return EVALUATED_BYTES + MEMBERSHIP_BYTES * (memberships.size + imports.size) + (state ? sizeOfState(state) : 0);
}

/** True when nothing is known of the profile: neither a change of it was evaluated, nor a new rule by itself. */
export function isStranger({ revision, memberships }: Evaluated): boolean {
  return revision === 0 && memberships.size === 0;
}

/** True when `state` can be evaluated further under `plan` by the change after `revision`. */
export function isCurrent(evaluated: Evaluated, plan: Plan): boolean {
  return evaluated.state !== undefined && evaluated.fingerprint === plan.fingerprint;
}

/** The next instant at which time alone may move something; `undefined` for never, and for what is not current. */
export function findDueMs(evaluated: Evaluated, plan: Plan): number | undefined {
  const { state, imports, computedUntilMs = Number.POSITIVE_INFINITY, ended } = evaluated;
  if (!state || ended || !isCurrent(evaluated, plan)) return undefined;
  const ofRules = plan.rules.nextDueMs(state) ?? Number.POSITIVE_INFINITY;
  const ofComputed = plan.readsComputed ? computedUntilMs : Number.POSITIVE_INFINITY;
  const dueMs = Math.min(ofRules, ofComputed, nextExpiryMs(imports));
  return Number.isFinite(dueMs) ? dueMs : undefined;
}

/** When the first of the imported memberships ends; Infinity when there is none. */
export function nextExpiryMs(imports: Imports): number {
  let next = Number.POSITIVE_INFINITY;
  for (const untilMs of imports.values()) next = Math.min(next, untilMs);
  return next;
}
