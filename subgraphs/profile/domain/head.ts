import type { ShownDeviceLink } from './device-graph';
import type { AuthenticatedState } from './identity';
import type { GraphLink } from './identity-graph';
import type { ConsentStatus } from './item';

/** What a person agreed to or not, as one identity of theirs brought it. */
export interface OwnedConsent {
  readonly purpose: string;
  readonly status: ConsentStatus;
  readonly atMs: number;
  readonly source: string;
}

/** One identity of a person with all that is kept by identity, so that it moves whole when graphs merge or split. */
export interface IdentityState {
  /** `namespace|value`. */
  readonly key: string;
  readonly state: AuthenticatedState;
  /** The source's own time of what `state` says. */
  readonly stateAtMs: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** How many kept events belong to it. */
  readonly events: number;
  /** The datasets whose records belong to it. */
  readonly datasets: readonly string[];
  readonly consents: readonly OwnedConsent[];
  /** Links up to this instant no longer count (P-10). */
  readonly cutAtMs?: number;
}

/** What a sighting of a browser together with a person may say of their session there (P-17). */
export type Session = 'AUTHENTICATED' | 'LOGGED_OUT' | 'NOTHING';

/** A link as it is kept: the newest sighting of two identities by one dataset. */
export interface Link extends GraphLink {
  /** What this sighting said of the person's session; absent: that they were here. A record by itself says NOTHING. */
  readonly session?: Session;
}

/** What is always read of a person: who they are. Attributes and events are kept apart. */
export interface Head {
  readonly revision: number;
  /** When the profile was made: of two that merge, the older one stays. */
  readonly createdAtMs: number;
  readonly identities: readonly IdentityState[];
  /** All links with an end here, also those that lead to another person and do not count now. */
  readonly links: readonly Link[];
  /** Set when this profile is no more: it became part of the one named, or was removed (null). */
  readonly endedIn?: string | null;
}

/** A head as it was loaded. `version` is 0 for one that is not kept yet. */
export interface Person {
  readonly id: string;
  readonly version: number;
  readonly head: Head;
  /** In a view by a merge policy with a device graph: its links that meet the person, and those whom they join. */
  readonly deviceLinks?: readonly ShownDeviceLink[];
}
