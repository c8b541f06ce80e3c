import type { Database } from './database';
import { toAppError } from './disk-errors';

/**
 * Writes the database anew without what was deleted or overwritten, and empties its write-ahead log. Outside any
 * transaction; nothing else goes on meanwhile. Fails with UNAVAILABLE when the disk has no room for a second copy.
 */
export function scrubDatabase(database: Database): void {
  try {
    // The copy may be larger than memory.
    database.exec('PRAGMA temp_store = FILE; VACUUM');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    throw toAppError(error);
  } finally {
    database.exec('PRAGMA temp_store = MEMORY');
  }
}
