/** What a representation holds, and how it is to be shown. */
export type ContentType = 'HTML' | 'JSON' | 'TEXT' | 'IMAGE_URL';

/** A place on a page, in an e-mail or an app that shows an offer. */
export interface Placement {
  readonly name: string;
  readonly channel: string;
  readonly contentType: ContentType;
  readonly marketingActions: readonly string[];
}

/** Who may see something: segments and a PQL rule, all of which must hold. None of them: everyone. */
export interface Eligibility {
  readonly allOf?: readonly string[];
  readonly anyOf?: readonly string[];
  readonly noneOf?: readonly string[];
  readonly rule?: string;
}

/** What an offer shows on one placement, in one language or in any (no language). */
export interface Representation {
  readonly placement: string;
  readonly language?: string;
  readonly content: unknown;
}

/** How often an offer may be given (D-6). */
export interface Cap {
  readonly limit: number;
  readonly scope: 'PROFILE' | 'TOTAL';
  readonly counts: 'DECISION' | 'DISPLAY' | 'CLICK' | 'EVENT';
  readonly eventType?: string;
  readonly placement?: string;
  readonly resetEvery?: number;
  readonly resetUnit?: 'DAY' | 'WEEK' | 'MONTH';
}

export type OfferStatus = 'DRAFT' | 'APPROVED' | 'ARCHIVED';

/** Something to show, to whom, and when: from `startMs` on, before `endMs`. */
export interface Offer {
  readonly name: string;
  readonly priority: number;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly eligibility?: Eligibility;
  readonly caps: readonly Cap[];
  readonly representations: readonly Representation[];
  readonly characteristics: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
  readonly status: OfferStatus;
}

/** What is shown when no offer fits. It has no conditions. */
export interface FallbackOffer {
  readonly name: string;
  readonly representations: readonly Representation[];
}

/** The offers named, and all offers that carry at least one of the tags. */
export interface Collection {
  readonly name: string;
  readonly offers: readonly string[];
  readonly tags: readonly string[];
}

export type RankingMethod = 'PRIORITY' | 'FORMULA' | 'BANDIT';

/** Offers to choose from, for whom, and how they are ranked. `formula` goes with FORMULA alone. */
export interface Criterion {
  readonly collection: string;
  readonly eligibility?: Eligibility;
  readonly ranking: RankingMethod;
  readonly formula?: string;
}

/** How the offer for a placement is chosen: each group only fills what the ones before it left open. */
export interface DecisionPolicy {
  readonly placement: string;
  readonly groups: readonly { readonly criteria: readonly Criterion[] }[];
  readonly fallback: string;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly enabled: boolean;
}

/** Every definition that decisions are made from, by id. */
export interface Definitions {
  readonly placements: ReadonlyMap<string, Placement>;
  readonly offers: ReadonlyMap<string, Offer>;
  readonly fallbackOffers: ReadonlyMap<string, FallbackOffer>;
  readonly collections: ReadonlyMap<string, Collection>;
  readonly policies: ReadonlyMap<string, DecisionPolicy>;
}
