import { dispatchCollections } from '../flow/dispatch';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import { openMongoStore } from '../platform/store/mongo/open-mongo-store';
import { openSqliteStore } from '../platform/store/sqlite/open-sqlite-store';
import type { CollectionSpec, Store } from '../platform/store/store';
import { destinationsCollections } from '../subgraphs/destinations';
import { offersCollections } from '../subgraphs/offers';
import { profileCollections } from '../subgraphs/profile';
import { segmentsCollections } from '../subgraphs/segments';

/** Where the data is kept: a folder of this machine, or a MongoDB replica set or sharded cluster. */
export type StoreOptions =
  | { readonly kind: 'embedded'; readonly folder: string }
  | { readonly kind: 'mongodb'; readonly uri: string };

/** Every collection of every subgraph. Each process declares all of them, so that whoever starts first makes the indexes. */
const collections: readonly CollectionSpec[] = [
  ...profileCollections,
  ...segmentsCollections,
  ...offersCollections,
  ...destinationsCollections,
  ...dispatchCollections,
];

/** Opens the store. Fails with a sentence when the folder is held by another process, or MongoDB cannot be reached. */
export function openStore(options: StoreOptions, clock: Clock, log: Log): Promise<Store> {
  return options.kind === 'embedded'
    ? openSqliteStore({ folder: options.folder, collections, clock, log })
    : openMongoStore({ uri: options.uri, collections, log });
}
