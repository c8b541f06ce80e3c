/** What was read or written lately, by sandbox and key. */
export interface Memory<T> {
  get(sandbox: string, key: string): T | undefined;
  set(sandbox: string, key: string, value: T): void;
  delete(sandbox: string, key: string): void;
  forget(sandbox: string): void;
}

interface Generations<T> {
  young: Map<string, T>;
  old: Map<string, T>;
}

/**
 * Keeps the `most` values used last, give or take a half: two generations, of which the older one is dropped when the
 * younger one is full. Cheaper than a list in order of use, which every read would change.
 */
export function createMemory<T>(most: number): Memory<T> {
  const bySandbox = new Map<string, Generations<T>>();
  const half = Math.ceil(most / 2);

  const add = (generations: Generations<T>, key: string, value: T): void => {
    if (generations.young.size >= half) {
      generations.old = generations.young;
      generations.young = new Map();
    }
    generations.young.set(key, value);
  };

  return {
    get(sandbox, key) {
      const generations = bySandbox.get(sandbox);
      if (!generations) return undefined;
      const known = generations.young.get(key);
      if (known !== undefined) return known;
      const aged = generations.old.get(key);
      if (aged !== undefined) add(generations, key, aged);
      return aged;
    },
    set(sandbox, key, value) {
      if (most === 0) return;
      const generations = bySandbox.get(sandbox) ?? { young: new Map(), old: new Map() };
      bySandbox.set(sandbox, generations);
      add(generations, key, value);
    },
    delete(sandbox, key) {
      const generations = bySandbox.get(sandbox);
      generations?.young.delete(key);
      generations?.old.delete(key);
    },
    forget: (sandbox) => void bySandbox.delete(sandbox),
  };
}
