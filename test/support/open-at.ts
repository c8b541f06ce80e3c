import { openMongoStore } from '../../platform/store/mongo/open-mongo-store';
import { openSqliteStore } from '../../platform/store/sqlite/open-sqlite-store';
import type { CollectionSpec, Store } from '../../platform/store/store';

export type Engine = 'sqlite' | 'mongodb';

/** Opens the store of an engine at a folder or URI. */
export function openAt(engine: Engine, address: string, collections: readonly CollectionSpec[]): Promise<Store> {
  return engine === 'sqlite'
    ? openSqliteStore({ folder: address, collections })
    : openMongoStore({ uri: address, collections });
}
