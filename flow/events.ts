/** Why something moved. Its `reference` names the event (`dataset|_id`), record, segment version or instant. */
export interface Cause {
  readonly kind: 'EVENT' | 'RECORD' | 'TIME' | 'MERGE' | 'SPLIT' | 'IMPORT' | 'RULE' | 'EXPIRY' | 'PRIVACY';
  readonly reference?: string;
}

/** One thing that a person did, as rules see it. */
export interface ProfileEvent {
  /** `dataset|_id`. */
  readonly key: string;
  /** The event's own time, in milliseconds. */
  readonly timestampMs: number;
  /** The event as it was sent. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** A profile took one or more items in, or was merged, split or removed. Written in the commit that did it. */
export interface ProfileChanged {
  readonly profileId: string;
  /** The revision that this change made: one more than the one before, without gaps. */
  readonly revision: number;
  /** When the change was decided. */
  readonly atMs: number;
  readonly cause: Cause;
  /** The events that came with it, in order of arrival; only of datasets enabled for profile. */
  readonly events: readonly ProfileEvent[];
  /** The whole merged attributes by the default merge policy; present only when they changed. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** The whole computed attributes as of `atMs`; present only when they changed. */
  readonly computedAttributes?: Readonly<Record<string, unknown>>;
  /** With `computedAttributes`: when time alone changes them next, other than by fading; absent: never. */
  readonly computedUntilMs?: number;
  /** With `computedAttributes`: the half-lives of those whose scores fade from `atMs` on, by their ids; absent: none. */
  readonly computedHalfLivesMs?: Readonly<Record<string, number>>;
  /** The identities that are new with it, each `namespace|value`; present only when there are any. */
  readonly identities?: readonly string[];
  /** True when the past changed (a merge, a split, a revert): what was computed from it must be read anew. */
  readonly rebuilt?: boolean;
  /** Set when this profile is no more: it became part of the one named, or was removed (null). */
  readonly endedIn?: string | null;
}

/** A person entered or left a segment: exactly one per change. */
export interface MembershipChanged {
  readonly profileId: string;
  /** The revision that was evaluated. */
  readonly revision: number;
  readonly segmentId: string;
  readonly segmentVersion: number;
  readonly status: 'REALIZED' | 'EXITED';
  /** The instant at which it became so: of the item, or the due time. */
  readonly atMs: number;
  readonly cause: Cause;
}

/** Every kind of event with its shape. The names are the log's streams. */
export interface FlowEvents {
  ProfileChanged: ProfileChanged;
  MembershipChanged: MembershipChanged;
}

export type FlowEventName = keyof FlowEvents;
