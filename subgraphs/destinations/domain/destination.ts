/** Whether an identity is sent as it is, or as the hash of A-3. */
export type HashRule = 'NONE' | 'SHA256';

/** Which identities of a namespace are sent: the one seen last, or all. */
export type IdentityValues = 'NEWEST' | 'ALL';

/** One namespace that a destination knows people by. */
export interface DestinationIdentity {
  readonly namespace: string;
  readonly hash: HashRule;
  readonly values: IdentityValues;
}

/** A field of the message (`to`, dots nest) and the PQL expression or path that gives its value. */
export interface MappingRow {
  readonly to: string;
  readonly from: string;
  readonly required: boolean;
  readonly deduplicate: boolean;
}

/** A place outside that segments are activated to. `settings` may hold secrets: never answered back, never logged. */
export interface Destination {
  readonly name: string;
  readonly connector: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** In order of preference: the first namespace that a person has is used. */
  readonly identities: readonly DestinationIdentity[];
  readonly mapping: readonly MappingRow[];
  readonly schedule?: string;
  readonly timeZone: string;
  readonly marketingActions: readonly string[];
  readonly enabled: boolean;
}

/** A segment that is sent to a destination. */
export interface Activation {
  readonly destination: string;
  readonly segment: string;
  /** Its own id: a segment activated again has another one. */
  readonly key: string;
  readonly sinceMs: number;
}

/** The id of an activation. Destination ids hold no `|`. */
export function activationId(destination: string, segment: string): string {
  return `${destination}|${segment}`;
}
