import type { Cause, MembershipChanged } from '../../../flow/events';

export type MembershipStatus = 'REALIZED' | 'EXITED';

/** Where one profile stands in one segment since its last move. */
export interface Membership {
  readonly status: MembershipStatus;
  readonly atMs: number;
  /** The version of the segment whose rule decided. */
  readonly version: number;
  readonly cause: Cause;
}

/** The memberships of one profile, by segment. */
export type Memberships = ReadonlyMap<string, Membership>;

/** A move of one profile into or out of one segment, to be announced under an id that every finder gives it. */
export interface Transition extends Membership {
  readonly segmentId: string;
  /** The revision that was evaluated. */
  readonly revision: number;
  /** What moved it, in a few letters: part of the id. */
  readonly origin: string;
}

/** The memberships after `transitions`, in their order. */
export function applyTransitions(before: Memberships, transitions: readonly Transition[]): Memberships {
  if (transitions.length === 0) return before;
  const after = new Map(before);
  for (const { segmentId, status, atMs, version, cause } of transitions) {
    after.set(segmentId, { status, atMs, version, cause });
  }
  return after;
}

/** The id of an announcement: the same whoever finds the move first. */
export function transitionId(profileId: string, { segmentId, version, origin }: Transition): string {
  return `${profileId}|${segmentId}|${version}|${origin}`;
}

/** What is announced of a transition. */
export function toAnnouncement(profileId: string, transition: Transition): MembershipChanged {
  const { revision, segmentId, version, status, atMs, cause } = transition;
  return { profileId, revision, segmentId, segmentVersion: version, status, atMs, cause };
}
