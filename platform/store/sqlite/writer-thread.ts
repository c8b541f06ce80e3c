import { closeSync, fdatasyncSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { CollectionSpec } from '../store';
import { closeDatabase, openDatabase } from './database';
import { openWriteAheadLog } from './flushing';
import { createGroupWriter } from './group-writer';
import type { PackedGroup } from './packed-commit';
import { toSentError } from './sent-error';

/** What the thread is started with. */
export interface WriterThreadData {
  readonly folder: string;
  readonly cacheBytes: number;
  readonly specs: readonly CollectionSpec[];
}

// A thread of its own for large groups of commits: told a group, it answers how each commit ended, when those that were
// written are safe; told nothing, it ends. A failure of the disk ends it too.
const { folder, cacheBytes, specs } = workerData as WriterThreadData;
const database = openDatabase(folder, cacheBytes);
const write = createGroupWriter(specs, database);
const file = openWriteAheadLog(folder);

parentPort?.on('message', (group: PackedGroup | undefined) => {
  if (group) {
    const written = write(group);
    fdatasyncSync(file);
    parentPort?.postMessage(written.map(({ failure }) => (failure ? toSentError(failure) : undefined)));
    return;
  }
  closeSync(file);
  closeDatabase(database);
  parentPort?.close();
});
parentPort?.postMessage('ready');
