import { openMongoStore } from '../../platform/store/mongo/open-mongo-store';
import { openSqliteStore } from '../../platform/store/sqlite/open-sqlite-store';
import type { CollectionSpec, Store } from '../../platform/store/store';

/** `sqlite-thread` writes every group of commits on its other thread, not only the large ones. */
export type Engine = 'sqlite' | 'sqlite-thread' | 'mongodb';

/** Opens the store of an engine at a folder or URI. */
export function openAt(engine: Engine, address: string, collections: readonly CollectionSpec[]): Promise<Store> {
  if (engine === 'mongodb') return openMongoStore({ uri: address, collections });
  return openSqliteStore({ folder: address, collections, ...(engine === 'sqlite-thread' ? { largeFrom: 0 } : {}) });
}
