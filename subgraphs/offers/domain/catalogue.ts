import type {
  Collection,
  ContentType,
  DecisionPolicy,
  Definitions,
  FallbackOffer,
  Offer,
  Placement,
  Representation,
} from './definitions';
import { type Condition, changesWithTime, compileEligibility } from './eligibility';
import { compareTies, compileScoring, type RankedOffer, type Scoring, toRankedOffer } from './ranking';
import { type CompiledContent, compileContent } from './tokens';

/** An offer on one placement, ready to be asked about. */
export interface PlannedOffer extends RankedOffer {
  readonly id: string;
  readonly offer: Offer;
  /** Its place in the order of ties among the plan's offers: 0 is first. */
  readonly order: number;
  /** `undefined`: open to everyone. */
  readonly condition: Condition | undefined;
  readonly contents: Contents;
}

/** Language in lower case (empty: any) → content. */
export type Contents = ReadonlyMap<string, CompiledContent>;

export interface PlannedCriterion {
  readonly condition: Condition | undefined;
  readonly scoring: Scoring;
  readonly offers: readonly PlannedOffer[];
}

/** One decision policy, compiled against the catalogue. */
export interface Plan {
  readonly id: string;
  readonly policy: DecisionPolicy;
  readonly groups: readonly (readonly PlannedCriterion[])[];
  /** How many different offers its groups hold. */
  readonly size: number;
  readonly fallback: PlannedFallback | undefined;
  /** Instants at which the outcome could change by itself, ascending; `undefined` when they are not known beforehand. */
  readonly turns: readonly number[] | undefined;
}

export interface PlannedFallback {
  readonly id: string;
  readonly offer: FallbackOffer;
  readonly contents: Contents;
}

export interface PlannedPlacement {
  readonly id: string;
  readonly placement: Placement;
  /** The policies for it, the newest start first (none is the oldest), then by id: the first that is on applies. */
  readonly plans: readonly Plan[];
}

/** Everything that decisions are made from, compiled once per change of configuration. */
export interface Catalogue {
  readonly definitions: Definitions;
  readonly placements: ReadonlyMap<string, PlannedPlacement>;
}

/** Compiles rules and formulas, whose days are those of the IANA zone, and contents; lays out the offers by placement. */
export function compileCatalogue(definitions: Definitions, timeZone: string): Catalogue {
  const placements = new Map<string, PlannedPlacement>();
  for (const [id, placement] of definitions.placements) {
    const plans = [...definitions.policies]
      .filter(([, policy]) => policy.placement === id)
      .sort(([idA, a], [idB, b]) => (b.startMs ?? 0) - (a.startMs ?? 0) || (idA < idB ? -1 : 1))
      .map(([policyId, policy]) => compilePlan(policyId, policy, placement.contentType, definitions, timeZone));
    placements.set(id, { id, placement, plans });
  }
  return { definitions, placements };
}

/** The content for `language`: its own, else of its main language, else the one without a language. */
export function contentFor(contents: Contents, language: string | undefined): CompiledContent | undefined {
  if (language) {
    const exact = language.toLowerCase();
    const found = contents.get(exact) ?? contents.get(exact.split('-')[0] ?? exact);
    if (found) return found;
  }
  return contents.get('');
}

function compilePlan(
  id: string,
  policy: DecisionPolicy,
  contentType: ContentType,
  definitions: Definitions,
  timeZone: string,
): Plan {
  const offersOf = policy.groups.map((group) =>
    group.criteria.map((criterion) => collect(definitions.collections.get(criterion.collection), definitions.offers)),
  );
  const planned = planOffers(new Set(offersOf.flat(2)), policy.placement, contentType, definitions.offers, timeZone);
  const groups = policy.groups.map((group, groupIndex) =>
    group.criteria.map((criterion, index) => ({
      condition: compileEligibility(criterion.eligibility, timeZone),
      scoring: compileScoring(criterion, timeZone),
      offers: (offersOf[groupIndex]?.[index] ?? []).flatMap((offerId) => planned.get(offerId) ?? []),
    })),
  );
  const fallback = definitions.fallbackOffers.get(policy.fallback);
  return {
    id,
    policy,
    groups,
    size: planned.size,
    fallback: fallback && {
      id: policy.fallback,
      offer: fallback,
      contents: compileContents(fallback.representations, policy.placement, contentType),
    },
    turns: turnsOf(policy, [...planned.values()]),
  };
}

function collect(collection: Collection | undefined, offers: ReadonlyMap<string, Offer>): readonly string[] {
  if (!collection) return [];
  const tags = new Set(collection.tags);
  const tagged = [...offers].filter(([, offer]) => offer.tags.some((tag) => tags.has(tag))).map(([id]) => id);
  return [...new Set([...collection.offers.filter((id) => offers.has(id)), ...tagged])];
}

function planOffers(
  ids: ReadonlySet<string>,
  placement: string,
  contentType: ContentType,
  offers: ReadonlyMap<string, Offer>,
  timeZone: string,
): ReadonlyMap<string, PlannedOffer> {
  const inOrder = [...ids].flatMap((id) => ({ id, offer: offers.get(id) as Offer })).sort(compareTies);
  return new Map(
    inOrder.map(({ id, offer }, order) => [
      id,
      {
        ...toRankedOffer(id, offer),
        id,
        offer,
        order,
        condition: compileEligibility(offer.eligibility, timeZone),
        contents: compileContents(offer.representations, placement, contentType),
      },
    ]),
  );
}

function compileContents(
  representations: readonly Representation[],
  placement: string,
  contentType: ContentType,
): Contents {
  return new Map(
    representations
      .filter((representation) => representation.placement === placement)
      .map(({ language = '', content }) => [language.toLowerCase(), compileContent(content, contentType)]),
  );
}

function turnsOf(policy: DecisionPolicy, offers: readonly PlannedOffer[]): readonly number[] | undefined {
  const criteria = policy.groups.flatMap((group) => group.criteria);
  const unknown =
    criteria.some(({ eligibility, ranking }) => ranking !== 'PRIORITY' || changesWithTime(eligibility)) ||
    offers.some(({ offer }) => changesWithTime(offer.eligibility));
  if (unknown) return undefined;
  return [policy, ...offers.map(({ offer }) => offer)]
    .flatMap(({ startMs, endMs }) => [startMs, endMs])
    .filter((turn) => turn !== undefined)
    .sort((a, b) => a - b);
}
