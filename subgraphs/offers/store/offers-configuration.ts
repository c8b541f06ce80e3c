import {
  type Configuration,
  type Configurations,
  configurationCollection,
  createConfigurations,
  type LoadedConfiguration,
} from '../../../platform/store/configuration';
import type { CollectionSpec, Store } from '../../../platform/store/store';
import { type Catalogue, compileCatalogue } from '../domain/catalogue';
import type { Collection, DecisionPolicy, FallbackOffer, Offer, Placement } from '../domain/definitions';

/** What the offers subgraph keeps. */
export const offersCollections: readonly CollectionSpec[] = [configurationCollection('offers')];

/** The definitions of the offers subgraph by kind, and the catalogue compiled from them. */
export interface OffersConfiguration {
  readonly placements: Configuration<Placement>;
  readonly offers: Configuration<Offer>;
  readonly fallbackOffers: Configuration<FallbackOffer>;
  readonly collections: Configuration<Collection>;
  readonly policies: Configuration<DecisionPolicy>;
  /** As of now; compiled once per change. */
  catalogue(sandbox: string): Promise<CatalogueInUse>;
}

/** A catalogue, with the version of every definition in it. */
export interface CatalogueInUse extends Catalogue {
  /** The version of an offer or fallback offer. */
  versionOf(kind: 'offer' | 'fallbackOffer' | 'placement', id: string): number;
}

/** Over the offers subgraph's configuration collection. `timeZone`: the IANA zone of days in rules and formulas. */
export function createOffersConfiguration(store: Store, timeZone: string): OffersConfiguration {
  const configurations: Configurations = createConfigurations(store, 'offers');
  return {
    placements: configurations('placement'),
    offers: configurations('offer'),
    fallbackOffers: configurations('fallbackOffer'),
    collections: configurations('collection'),
    policies: configurations('decisionPolicy'),
    catalogue: configurations.compiled((loaded) => compile(loaded, timeZone)),
  };
}

function compile({ kinds }: LoadedConfiguration, timeZone: string): CatalogueInUse {
  const of = <T>(kind: string): ReadonlyMap<string, T> =>
    new Map([...(kinds.get(kind) ?? [])].map(([id, stored]) => [id, stored.value as T]));
  const definitions = {
    placements: of<Placement>('placement'),
    offers: of<Offer>('offer'),
    fallbackOffers: of<FallbackOffer>('fallbackOffer'),
    collections: of<Collection>('collection'),
    policies: of<DecisionPolicy>('decisionPolicy'),
  };
  const catalogue = compileCatalogue(definitions, timeZone);
  return { ...catalogue, versionOf: (kind, id) => kinds.get(kind)?.get(id)?.version ?? 0 };
}
