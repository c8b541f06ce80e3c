import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Starts a thread from the module `name` of a folder, as built, or from its source where that is what runs. */
export function startThread(folder: string, name: string, data: unknown): Worker {
  const isSource = __filename.endsWith('.ts');
  return new Worker(join(folder, `${name}${isSource ? '.ts' : '.js'}`), {
    workerData: data,
    ...(isSource ? { execArgv: ['--import', 'tsx'] } : {}),
  });
}
