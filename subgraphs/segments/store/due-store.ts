import type { Ids } from '../../../platform/ids';
import type { CollectionSpec, Store, Write } from '../../../platform/store/store';

const DUE = 'segment_due';

/** Whom time alone may move, and when: many people in one document, as one commit finds many due at about the same time. */
export const dueSpec: CollectionSpec = { name: DUE, indexes: [{ name: 'due', fields: ['dueAtMs'] }] };

interface DueDocument {
  /** The earliest of them. */
  readonly dueAtMs: number;
  readonly profileIds: readonly string[];
}

/** Whose evaluation may change by itself, and when. */
export interface Due {
  readonly profileId: string;
  readonly dueAtMs: number;
}

/** People to look at together, the first of them at `dueAtMs`. */
export interface DueList extends DueDocument {
  readonly id: string;
}

/** Due instants. Whoever is listed too early, or twice, is looked at in vain, and listed anew. */
export interface DueStore {
  /** The writes that list them, for a commit of its own. */
  list(due: readonly Due[], nowMs: number): readonly Write[];
  /** Lists whose first instant is not after `untilMs`, the earliest first. */
  find(sandbox: string, untilMs: number, limit: number): Promise<readonly DueList[]>;
  next(sandbox: string): Promise<number | undefined>;
  /** Removes lists whose people were looked at. */
  remove(sandbox: string, lists: readonly DueList[]): Promise<void>;
}

const MOST_TOGETHER = 64;
const CLOSE_MS = 1_000;

/** Over the collection of `dueSpec`. */
export function createDueStore(store: Store, ids: Ids): DueStore {
  const lists = store.collection<DueDocument>(DUE);
  return {
    list: (due, nowMs) =>
      together(due, nowMs).map((value) => ({ kind: 'put', collection: DUE, id: ids.next(), value, expected: null })),
    async find(sandbox, untilMs, limit) {
      const upper = { values: [untilMs], inclusive: true };
      const found = await lists.range(sandbox, { index: 'due', upper, limit });
      return found.map(({ id, value }) => ({ ...value, id }));
    },
    async next(sandbox) {
      const [first] = await lists.range(sandbox, { index: 'due', limit: 1 });
      return first?.value.dueAtMs;
    },
    async remove(sandbox, looked) {
      await store.commit({ sandbox, writes: looked.map(({ id }) => ({ kind: 'delete', collection: DUE, id })) });
    },
  };
}

/** Those due at about the same time, seen from now: the further away, the wider. */
function together(due: readonly Due[], nowMs: number): readonly DueDocument[] {
  const lists: { dueAtMs: number; profileIds: string[] }[] = [];
  let list: (typeof lists)[number] | undefined;
  for (const { profileId, dueAtMs } of due.toSorted((a, b) => a.dueAtMs - b.dueAtMs)) {
    const width = list ? Math.max(CLOSE_MS, (list.dueAtMs - nowMs) / 8) : 0;
    if (!list || list.profileIds.length === MOST_TOGETHER || dueAtMs - list.dueAtMs > width) {
      list = { dueAtMs, profileIds: [] };
      lists.push(list);
    }
    list.profileIds.push(profileId);
  }
  return lists;
}
