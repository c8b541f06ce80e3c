import type { DeclaredField } from '../platform/pql/typing/field-types';
import type { Cause, ProfileChanged, ProfileEvent } from './events';

/** A person's name: a namespace's code and a value in it. */
export interface IdentityRef {
  readonly namespace: string;
  readonly value: string;
}

export interface ProfileRef {
  readonly id: string;
  readonly revision: number;
}

export interface ProfileIdentity extends IdentityRef {
  readonly authenticatedState: 'AMBIGUOUS' | 'AUTHENTICATED' | 'LOGGED_OUT';
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** What is computed from a person's events, as of an instant. */
export interface ComputedSnapshot extends ProfileRef {
  readonly computedAttributes: Readonly<Record<string, unknown>>;
  /** When time alone changes them next, other than by fading; absent: never. */
  readonly computedUntilMs?: number;
  /** The half-lives of those whose scores fade, by their ids; absent: none. */
  readonly computedHalfLivesMs?: Readonly<Record<string, number>>;
}

/** One person, whole, by the default merge policy. Computed attributes are as of the instant of reading. */
export interface ProfileSnapshot extends ComputedSnapshot {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly identities: readonly ProfileIdentity[];
  /** The kept events, the oldest first (equal times: by key). Empty unless asked for. */
  readonly events: readonly ProfileEvent[];
  /** purpose → status. */
  readonly consents: Readonly<Record<string, 'GRANTED' | 'DENIED' | 'UNKNOWN'>>;
}

/** The merge policies of a sandbox, by their ids; the default one may have shipped, and be none of them. */
export interface MergePolicies {
  readonly default: string;
  readonly ids: readonly string[];
  /** True where the default one joins no identities: who asks by one is shown what it knows by itself. */
  readonly isApart?: boolean;
}

/** Who uses a merge policy, so that one in use is not deleted. The segments subgraph provides it. */
export interface MergePolicyUsers {
  /** Each user as `kind:id`, for example `segment:gold`. */
  usersOfPolicy(sandbox: string, mergePolicy: string): Promise<readonly string[]>;
}

/** Whom reading a person shows. */
export interface SeenOptions {
  /**
   * True: also those whom the default merge policy's device graph joins with the person (S-19), as who asks for the person
   * is shown. Id and revision stay the person's own; a change of those joined is a change of the person too.
   */
  readonly joined?: boolean;
}

/** How the other subgraphs read people where no gateway plan carries them. The profile subgraph provides it. */
export interface ProfileReader {
  /** The person with this identity; `undefined` for an unknown one. */
  find(sandbox: string, identity: IdentityRef): Promise<ProfileRef | undefined>;
  /**
   * The keys `namespace|value` that identities are known by, whether anyone has them or not; `undefined` for one that
   * cannot be: of an unknown namespace, or a value that its namespace refuses.
   */
  keysOf?(sandbox: string, identities: readonly IdentityRef[]): Promise<readonly (string | undefined)[]>;
  /** In the order asked. The id of a profile that was merged away finds the one it became part of. */
  getMany(
    sandbox: string,
    ids: readonly string[],
    options?: SeenOptions & { readonly events?: boolean },
  ): Promise<readonly (ProfileSnapshot | undefined)[]>;
  /**
   * Computed attributes as of an instant each, in the order asked; as in `getMany`, an ended id finds another profile. With
   * a revision: of that one; `undefined` when the changes since then are not all kept, or changed the past.
   */
  computed(
    sandbox: string,
    asked: readonly { readonly id: string; readonly revision?: number; readonly atMs: number }[],
    options?: SeenOptions,
  ): Promise<readonly (ComputedSnapshot | undefined)[]>;
  /**
   * The views of people by a named merge policy, in the order asked: one of each person; where the policy's identity graph
   * is NONE, one of each of their identities. None of those who are no more, and none by a policy that there is not.
   */
  views?(
    sandbox: string,
    mergePolicy: string,
    ids: readonly string[],
  ): Promise<readonly (readonly ProfileSnapshot[])[]>;
  /** The ids of the merge policies that there are, and which of them is the default one. */
  policies?(sandbox: string): Promise<MergePolicies>;
  /** The ids of these people, and of those who are seen together with any of them. */
  joinedWith?(sandbox: string, ids: readonly string[]): Promise<readonly string[]>;
  /** The fields that the schemas of datasets and the computed attributes declare, as rules name them. */
  fields?(sandbox: string): Promise<readonly DeclaredField[]>;
  /**
   * The changes after `afterRevision`, in order and without gaps; `undefined` when they are not all kept any more, and
   * the snapshot must be read instead.
   */
  changes(sandbox: string, profile: ProfileRef): Promise<readonly ProfileChanged[] | undefined>;
  /**
   * All people by id from just after `after`, whole, unless events, computed attributes, or identities and consents are not
   * asked for: those stay empty.
   * Pages may be short before the end: only an empty one is it.
   */
  scan(
    sandbox: string,
    options: SeenOptions & {
      readonly after?: string;
      readonly limit: number;
      readonly events?: boolean;
      readonly computed?: boolean;
      readonly identities?: boolean;
    },
  ): Promise<readonly ProfileSnapshot[]>;
}

/** A membership as destinations and offers need it. */
export interface SegmentMember {
  readonly profileId: string;
  readonly revision: number;
  readonly atMs: number;
  readonly cause: Cause;
}

/** How the others read segments. The segments subgraph provides it. */
export interface SegmentReader {
  /** The ids among `segmentIds` that exist and are published. */
  published(sandbox: string, segmentIds: readonly string[]): Promise<readonly string[]>;
  /** Realized members by profile id, from just after `after`. */
  members(
    sandbox: string,
    segmentId: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly SegmentMember[]>;
  /** The segments that each profile is in at `nowMs`, at least as of its revision. */
  realized(sandbox: string, profiles: readonly ProfileRef[], nowMs: number): Promise<readonly (readonly string[])[]>;
}

/** Who uses a segment, so that one in use is not deleted. The offers and the destinations subgraph each provide one. */
export interface SegmentUsers {
  /** Each user as `kind:id`, for example `offer:O-CART10`. */
  usersOf(sandbox: string, segmentId: string): Promise<readonly string[]>;
}

/** How it ended for one item. */
export interface IngestAnswer {
  /** The item's own id, where it has one. */
  readonly id?: string;
  readonly status: 'ACCEPTED' | 'DUPLICATE' | 'REJECTED';
  /** Why it was refused, for programs. */
  readonly code?: string;
  /** Where in the item the fault is; empty: the item as a whole. */
  readonly path?: string;
  readonly message?: string;
  /** Whose it is; absent for a refused item and for one that shows on nobody. */
  readonly profileId?: string;
}

/** The way in for items, without GraphQL around it. The profile subgraph provides it. */
export interface Ingestion {
  /**
   * Takes items into a dataset and answers each, in the order given. One bad item never stops its neighbours. What was
   * accepted is there for good, and is seen. Fails with NOT_FOUND for an unknown dataset.
   */
  ingest(sandbox: string, dataset: string, items: readonly unknown[], nowMs: number): Promise<readonly IngestAnswer[]>;
}

/** Whom a privacy job is about: everybody that the identity graph reaches from the identity that was asked for. */
export interface PrivacySubject {
  /** The profile, and those that became part of it. */
  readonly profileIds: readonly string[];
  readonly identities: readonly IdentityRef[];
}

/** What a subgraph holds about people. Each subgraph that holds anything provides one; the profile subgraph asks them. */
export interface PrivacyHolder {
  /** The subgraph's name. */
  readonly name: string;
  /** Everything that is held about them, as plain JSON. */
  gather(
    sandbox: string,
    subject: PrivacySubject,
  ): Promise<{ readonly found: number; readonly document: Readonly<Record<string, unknown>> }>;
  /**
   * Removes it. The profile has ended by then, and that was announced. While something must still be settled or sent,
   * nothing is removed, and it is asked again a little later; `atOnce`: nothing is waited for any more. Removing what is
   * not there does nothing.
   */
  erase(sandbox: string, subject: PrivacySubject, atOnce: boolean): Promise<PrivacyErasure>;
}

/** What one subgraph removed of people, or waits for. */
export interface PrivacyErasure {
  readonly found: number;
  readonly removed: number;
  /** How much must be settled or sent first; 0: it is done. */
  readonly pending: number;
  /** What else there is to tell, as plain JSON: for example how much could not be sent any more. */
  readonly detail?: Readonly<Record<string, unknown>>;
}
