import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Starts a thread from the module `name` of a folder: as built, or from its source where that is what runs. */
export function startThread(folder: string, name: string, workerData: unknown): Worker {
  const file = join(folder, name);
  if (__filename.endsWith('.js')) return new Worker(`${file}.js`, { workerData });
  // A thread cannot begin with TypeScript, but load it.
  const load = `require(${JSON.stringify(require.resolve('tsx/cjs'))}); require(${JSON.stringify(`${file}.ts`)});`;
  return new Worker(load, { eval: true, workerData });
}
