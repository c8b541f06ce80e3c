import { close, fdatasync, openSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../errors';
import { FILE } from './database';

/** Brings what was committed safely to the disk. */
export interface Flushing {
  /** Resolves when every commit made before the call survives a loss of power. Fails for ever once it has failed. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const toDisk = promisify(fdatasync);
const closeFile = promisify(close);

/** Opens the write-ahead log to flush it; something was committed since the database was opened, so it is there. */
export function openWriteAheadLog(folder: string): number {
  // No locks are kept on this file: closing it again takes none away.
  return openSync(join(folder, `${FILE}-wal`), 'r+');
}

/**
 * Flushes the database's write-ahead log on another thread. SQLite would do it inside COMMIT, and nothing else would go
 * on meanwhile; so it is told to flush only around checkpoints, and commits are acknowledged after this.
 */
export function openFlushing(folder: string): Flushing {
  const file = openWriteAheadLog(folder);
  let failure: AppError | undefined;
  return {
    async flush() {
      if (failure) throw failure;
      try {
        await toDisk(file);
      } catch (cause) {
        // What the disk holds now is unknown, and asking again would not tell.
        failure = new AppError('UNAVAILABLE', 'The disk did not take what was written.', { cause, retryable: false });
        throw failure;
      }
    },
    close: () => closeFile(file),
  };
}
