import { isAppError } from '../../../platform/errors';
import type { Stored } from '../../../platform/store/store';
import type { BatchMove } from '../domain/batch';
import { type BatchItem, batchWrite } from '../store/batch-store';
import type { JobHandler } from './jobs';
import { loadPeopleOf } from './load-people';
import type { Pipeline } from './pipeline';
import type { Plan } from './plan';
import { planShow, type ShowDependencies, toBatchItem } from './plan-show';
import { planTakeBack, type TakeBackDependencies } from './plan-take-back';

/**
 * Works batches that became visible, or ceased to be, into people. The instant at which all of a batch is seen is one
 * commit; who reads somebody, or writes to them, has the batch worked into that person first.
 */
export interface BatchMoves {
  /** Does so for all who hang together with these identities. True when that changed anything. */
  settle(sandbox: string, identities: Iterable<string>): Promise<boolean>;
  /** Does so for everybody. True when there was anything to do. */
  finish(sandbox: string): Promise<boolean>;
  /** Does so for everybody, piece by piece, in a job that has the batch's id. */
  readonly handler: JobHandler;
}

export interface MoveDependencies extends ShowDependencies, TakeBackDependencies {
  readonly pipeline: Pipeline;
}

// How many items are looked for in one piece of the work, and worked in in one commit when many hang together.
const AT_ONCE = 256;
const MOST_AT_ONCE = 10_000;

/** Over the pipeline: each person changes in one commit, together with all who hang together with them. */
export function createBatchMoves(dependencies: MoveDependencies): BatchMoves {
  const { batches, configuration, pipeline } = dependencies;
  const movesOf = async (sandbox: string): Promise<readonly BatchMove[]> =>
    (await configuration.settings(sandbox)).moves;

  const settle: BatchMoves['settle'] = async (sandbox, identities) => {
    const keys = [...identities];
    for (let changed = false; ; changed = true) {
      const move = await findMove(dependencies, sandbox, await movesOf(sandbox), keys);
      if (!move) return changed;
      await pipeline.perform(sandbox, () => planMove(dependencies, sandbox, move, keys));
    }
  };

  // Answers with the id to go on after; `undefined`: it is done.
  const piece = async (sandbox: string, move: BatchMove, after: string | undefined): Promise<string | undefined> => {
    const batch = await batches.get(sandbox, move.batch);
    const page = await batches.page(sandbox, move.batch, after, AT_ONCE);
    const open = page.filter((item) => isOpen(move, item));
    if (open.length > 0) {
      await settle(
        sandbox,
        open.map(({ value }) => value.identity),
      );
    }
    const last = page.at(-1)?.id;
    if (page.length === AT_ONCE && last !== undefined) return last;
    const writes = batch ? [batchWrite(move.batch, batch.value, batch.version)] : [];
    await configuration.moves.delete(sandbox, move.batch, { writes });
    return undefined;
  };

  const workOff = async (sandbox: string, move: BatchMove): Promise<void> => {
    try {
      let after = await piece(sandbox, move, undefined);
      while (after !== undefined) after = await piece(sandbox, move, after);
    } catch (error) {
      if (!isTurned(error)) throw error;
    }
  };

  return {
    settle,
    async finish(sandbox) {
      for (let was = false; ; was = true) {
        const [move] = await movesOf(sandbox);
        if (!move) return was;
        await workOff(sandbox, move);
      }
    },
    async handler(sandbox, { state, done, total }, id) {
      const move = (await movesOf(sandbox)).find(({ batch }) => batch === id);
      if (!move) return { state: {}, done: total, finished: true };
      try {
        const after = await piece(sandbox, move, typeof state.after === 'string' ? state.after : undefined);
        if (after === undefined) return { state: {}, done: total, finished: true };
        return { state: { after }, done: Math.min(done + AT_ONCE, total), finished: false };
      } catch (error) {
        if (!isTurned(error)) throw error;
        return { state: {}, done, finished: false };
      }
    },
  };
}

// It was taken back meanwhile, or another process has finished it.
function isTurned(error: unknown): boolean {
  return isAppError(error, 'CONFLICT') || isAppError(error, 'NOT_FOUND');
}

/** True for an item that is not yet worked in, or not yet taken back. */
function isOpen({ shown }: BatchMove, { value }: Stored<BatchItem>): boolean {
  return !shown || value.row !== undefined;
}

async function findMove(
  dependencies: MoveDependencies,
  sandbox: string,
  moves: readonly BatchMove[],
  keys: readonly string[],
): Promise<BatchMove | undefined> {
  for (const move of moves) {
    if ((await gather(dependencies, sandbox, move, keys)).length > 0) return move;
  }
  return undefined;
}

// Looked for anew with every try, as another process may have been faster.
async function planMove(
  dependencies: MoveDependencies,
  sandbox: string,
  move: BatchMove,
  keys: readonly string[],
): Promise<Plan<void>> {
  const { moves } = await dependencies.configuration.settings(sandbox);
  const holds = moves.some(({ batch, shown }) => batch === move.batch && shown === move.shown);
  const items = holds ? await gather(dependencies, sandbox, move, keys) : [];
  if (items.length === 0) return { writes: [], entries: [], changed: [], result: undefined };
  const plan = move.shown ? planShow : planTakeBack;
  return plan(dependencies, sandbox, move.batch, items);
}

// The batch's open items that name these identities, or somebody who hangs together with them, by links that there are
// or that these items bring.
async function gather(
  dependencies: MoveDependencies,
  sandbox: string,
  move: BatchMove,
  keys: readonly string[],
): Promise<readonly Stored<BatchItem>[]> {
  const { batches, people, configuration, limits } = dependencies;
  const { namespaces } = await configuration.settings(sandbox);
  const found = new Map<string, Stored<BatchItem>>();
  const seen = new Set<string>();
  for (let fresh = keys; fresh.length > 0 && found.size < MOST_AT_ONCE; ) {
    const { asked, profileOf } = await loadPeopleOf(people, sandbox, fresh);
    const reached = [...new Set([...asked, ...profileOf.keys()])].filter((key) => !seen.has(key));
    for (const key of reached) seen.add(key);
    const named = await batches.naming(sandbox, move.batch, reached);
    const open = named.filter((item) => isOpen(move, item) && !found.has(item.id));
    for (const item of open) found.set(item.id, item);
    const names = open.flatMap((item) => toBatchItem(item, { namespaces, limits })?.identities ?? []);
    fresh = [...new Set(names.map(({ key }) => key))].filter((key) => !seen.has(key));
  }
  return [...found.values()];
}
