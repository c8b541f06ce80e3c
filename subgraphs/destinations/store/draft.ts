import type { Collection, Write } from '../../../platform/store/store';

/** Documents of one collection that one commit may change: each is written only if nobody else did since it was read. */
export interface Draft<T extends object> {
  /** Reads what is not there yet. */
  load(ids: readonly string[]): Promise<void>;
  /** As changed here; `undefined` when there is none. Must have been loaded. */
  get(id: string): T | undefined;
  set(id: string, value: T): void;
  /** Removes it, whether it was loaded or not. */
  remove(id: string): void;
  writes(): readonly Write[];
}

/** An empty draft over a collection. */
export function createDraft<T extends object>(collection: Collection<T>, sandbox: string): Draft<T> {
  const versions = new Map<string, number | null>();
  const values = new Map<string, T>();
  const changed = new Set<string>();
  const removed = new Set<string>();
  return {
    async load(ids) {
      const wanted = [...new Set(ids)].filter((id) => !versions.has(id));
      if (wanted.length === 0) return;
      const found = await collection.getMany(sandbox, wanted);
      wanted.forEach((id, index) => {
        const stored = found[index];
        versions.set(id, stored?.version ?? null);
        if (stored) values.set(id, stored.value);
      });
    },
    get: (id) => values.get(id),
    set(id, value) {
      values.set(id, value);
      changed.add(id);
      removed.delete(id);
    },
    remove(id) {
      values.delete(id);
      removed.add(id);
    },
    writes: () => [
      ...[...changed].flatMap((id): readonly Write[] => {
        const value = values.get(id);
        const expected = versions.get(id) ?? null;
        return value ? [{ kind: 'put', collection: collection.name, id, value, expected }] : [];
      }),
      ...[...removed].map((id): Write => ({ kind: 'delete', collection: collection.name, id })),
    ],
  };
}
