import type { Clock } from '../../../platform/clock';
import { isAppError } from '../../../platform/errors';
import type { CollectionSpec, Store } from '../../../platform/store/store';

const DUTIES = 'segment_duties';

/** Which process does a work that one at a time should do. */
export const dutiesSpec: CollectionSpec = { name: DUTIES, indexes: [] };

interface Duty {
  readonly holder: string;
  readonly untilMs: number;
}

/** Tells whether this process is to do a work; another one takes over when it no longer asks. */
export interface Duties {
  /** True for one process at a time. Always true where this process is alone. */
  isMine(sandbox: string, duty: string): Promise<boolean>;
  /** Lets another process take over at once. */
  release(): Promise<void>;
}

/** For who must be done with the work now, whoever else does it too: the store's versions keep them apart. */
export const ALWAYS_MINE: Duties = { isMine: async () => true, release: async () => undefined };

const HOLD_MS = 5_000;

/** @param holder names this process among those that share the work */
export function createDuties(store: Store, clock: Clock, holder: string): Duties {
  const duties = store.collection<Duty>(DUTIES);
  const held = new Map<string, { readonly sandbox: string; readonly id: string }>();
  return {
    async isMine(sandbox, id) {
      if (store.exclusive) return true;
      const nowMs = clock.now();
      const current = await duties.get(sandbox, id);
      const isMine = current?.value.holder === holder;
      if (current && !isMine && current.value.untilMs > nowMs) return false;
      if (isMine && current.value.untilMs - nowMs > HOLD_MS / 2) return true;
      const value: Duty = { holder, untilMs: nowMs + HOLD_MS };
      try {
        await store.commit({
          sandbox,
          writes: [{ kind: 'put', collection: DUTIES, id, value, expected: current?.version ?? null }],
        });
        held.set(`${sandbox}|${id}`, { sandbox, id });
        return true;
      } catch (error) {
        if (isAppError(error, 'CONFLICT')) return false;
        throw error;
      }
    },
    async release() {
      for (const { sandbox, id } of held.values()) {
        const current = await duties.get(sandbox, id);
        if (current?.value.holder !== holder) continue;
        await store
          .commit({ sandbox, writes: [{ kind: 'delete', collection: DUTIES, id, expected: current.version }] })
          .catch((error: unknown) => {
            if (!isAppError(error, 'CONFLICT')) throw error;
          });
      }
      held.clear();
    },
  };
}
