import { TestEnvironment } from 'jest-environment-node';
import { createPartPool } from './part-pool';

// Lives as long as the worker: each suite sees the processes of the one before.
const pool = createPartPool();

/** Node, and the worker's pool of part processes. */
export default class extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    this.global.attunePartPool = pool;
  }
}
