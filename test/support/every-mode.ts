import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Question } from '../../app/attune';
import type { StoreOptions } from '../../app/store';
import type { Answer } from '../../gateway/gateway';
import { mongodbUri } from './every-store';
import { type ModeName, openMode, type Running } from './modes';

/** The keys of every Attune under test, by scope. */
export { KEYS } from './modes';

/** An Attune as its users meet it, in one of the ways of running it. */
export interface AttuneUnderTest {
  readonly mode: ModeName;
  /** Asks in process where the whole runs in this one, else over HTTP. Default key: admin. */
  ask(query: string, variables?: Record<string, unknown>, key?: string): Promise<Answer>;
  /** As `ask`, and fails when there is any error. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
  data(query: string, variables?: Record<string, unknown>, key?: string): Promise<any>;
  subscribe(question: Question): Promise<AsyncIterableIterator<Answer>>;
  /** The address of the open door. */
  url(): string;
  /** Where the data is kept. */
  place(): StoreOptions;
  now(): number;
  /** Moves every process's clock to `atMs`, firing what falls due, then waits until it has come through. */
  moveTo(atMs: number): Promise<void>;
  /** Waits until what was acknowledged has come through to segments and destinations. */
  idle(): Promise<void>;
}

/** Declares the same tests once for each way of running; each suite has one fresh Attune. Starts at 2026-01-15T12:00:00Z. */
export function describeEveryMode(name: string, declare: (attune: AttuneUnderTest) => void): void {
  for (const mode of ['embedded', 'mongodb', 'five processes'] as const) {
    const describeMode = mode === 'embedded' || mongodbUri() ? describe : describe.skip;
    describeMode(`${name} (${mode})`, () => declareMode(mode, declare));
  }
}

function declareMode(mode: ModeName, declare: (attune: AttuneUnderTest) => void): void {
  let running: Running | undefined;
  const current = (): Running => {
    if (!running) throw new Error('Attune is not running: ask inside a test.');
    return running;
  };
  beforeAll(async () => {
    running = await openMode(mode);
  }, 120_000);
  afterAll(async () => {
    await running?.close();
    running = undefined;
  }, 60_000);
  declare(toAttuneUnderTest(mode, current));
}

/** The view of tests on what is running. */
export function toAttuneUnderTest(mode: ModeName, current: () => Running): AttuneUnderTest {
  return {
    mode,
    ask: (...args) => current().ask(...args),
    async data(...args) {
      const { data, errors } = await current().ask(...args);
      if (errors?.length) throw new Error(JSON.stringify(errors));
      return data;
    },
    subscribe: (question) => current().subscribe(question),
    url: () => current().url,
    place: () => current().place,
    now: () => current().now(),
    moveTo: (atMs) => current().moveTo(atMs),
    idle: () => current().idle(),
  };
}
