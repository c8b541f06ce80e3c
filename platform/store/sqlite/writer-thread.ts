import { parentPort, workerData } from 'node:worker_threads';
import type { CollectionSpec } from '../store';
import { closeDatabase, openDatabase } from './database';
import { createGroupWriter } from './group-writer';
import type { PackedGroup } from './packed-commit';
import { toSentError } from './sent-error';

/** What the thread is started with. */
export interface WriterThreadData {
  readonly folder: string;
  readonly cacheBytes: number;
  readonly specs: readonly CollectionSpec[];
}

// A thread of its own for large groups of commits: told a group, it answers how each commit ended; told nothing, it ends.
const { folder, cacheBytes, specs } = workerData as WriterThreadData;
const database = openDatabase(folder, cacheBytes);
const write = createGroupWriter(specs, database);

parentPort?.on('message', (group: PackedGroup | undefined) => {
  if (group) {
    const written = write(group);
    parentPort?.postMessage(written.map(({ failure }) => (failure ? toSentError(failure) : undefined)));
    return;
  }
  closeDatabase(database);
  parentPort?.close();
});
parentPort?.postMessage('ready');
