/** What bounds the data that comes in (P-4). A breach names the limit as it is called here. */
export interface Limits {
  readonly eventBytes: number;
  readonly recordBytes: number;
  readonly identityValueCharacters: number;
  readonly identitiesPerItem: number;
  readonly identitiesPerGraph: number;
  /** How many links of one device graph meet in one identity (S-19). */
  readonly deviceLinksPerIdentity: number;
  /** How many events of one profile are kept for evaluation; the older ones leave first. */
  readonly eventsPerProfile: number;
  readonly idCharacters: number;
  readonly nestingDepth: number;
  /** After so many days without anything new an anonymous profile is removed (P-16). */
  readonly anonymousIdleDays: number;
  /** So long data from before a person's deletion is refused (P-19). */
  readonly tombstoneDays: number;
}

export const DEFAULT_LIMITS: Limits = {
  eventBytes: 10 * 1024,
  recordBytes: 100 * 1024,
  identityValueCharacters: 1024,
  identitiesPerItem: 20,
  identitiesPerGraph: 50,
  deviceLinksPerIdentity: 50,
  eventsPerProfile: 5000,
  idCharacters: 512,
  nestingDepth: 64,
  anonymousIdleDays: 14,
  tombstoneDays: 30,
};
