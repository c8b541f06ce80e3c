import type { Mongod } from './mongod';

/** Ends the MongoDB that the run started. */
export default async function globalTeardown(): Promise<void> {
  await (globalThis as { attuneTestMongod?: Mongod }).attuneTestMongod?.stop();
}
