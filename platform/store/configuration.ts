import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../errors';
import type { NewLogEntry } from './event-log';
import type { CollectionSpec, Store, Stored, Write } from './store';

/** The collection that holds the configuration of one subgraph, all kinds of it. */
export function configurationCollection(subgraph: string): CollectionSpec {
  return { name: `${subgraph}_configuration`, indexes: [{ name: 'kind', fields: ['kind'] }] };
}

interface ConfigurationDocument<T> {
  readonly kind: string;
  readonly definition: T;
}

/** What is committed together with a change of configuration. */
export interface ConfigurationEffects {
  readonly writes?: readonly Write[];
  readonly entries?: readonly NewLogEntry[];
}

/** The definitions of one kind (datasets, offers …), versioned, per sandbox. */
export interface Configuration<T> {
  /** Every definition by id, as of now: what was acknowledged anywhere is in it. Shared; do not write into it. */
  all(sandbox: string): Promise<ReadonlyMap<string, Stored<T>>>;
  /**
   * Puts `definition` under `id`. Changes nothing, not even the version, when it is the same already.
   * Fails with CONFLICT when `expectedVersion` is given and is not the current one (0: must not exist).
   */
  put(
    sandbox: string,
    id: string,
    definition: T,
    expectedVersion?: number,
    effects?: ConfigurationEffects,
  ): Promise<Stored<T>>;
  /** Fails with NOT_FOUND when there is none. */
  delete(sandbox: string, id: string, effects?: ConfigurationEffects): Promise<void>;
}

const GENERATION = 'generation';

/** All kinds of one subgraph's configuration at one generation: the same object for as long as nothing changes. */
export interface LoadedConfiguration {
  readonly generation: number;
  /** kind → id → definition. */
  readonly kinds: ReadonlyMap<string, ReadonlyMap<string, Stored<unknown>>>;
}

/** The configuration of one subgraph, by kind. */
export interface Configurations {
  <T extends object>(kind: string): Configuration<T>;
  /**
   * What `compile` makes of all of it, as of now, once per change. Where this process alone writes, it is the same promise
   * until the next change: those who ask several times for each request pay little.
   */
  compiled<C>(compile: (loaded: LoadedConfiguration) => C): (sandbox: string) => Promise<C>;
}

/** All kinds of one subgraph's configuration over one collection, cached, and checked against the store's generation. */
export function createConfigurations(store: Store, subgraph: string): Configurations {
  const collection = store.collection<ConfigurationDocument<unknown>>(configurationCollection(subgraph).name);
  const cache = new Map<string, LoadedConfiguration>();
  let changes = 0;

  const load = async (sandbox: string): Promise<LoadedConfiguration> => {
    const known = cache.get(sandbox);
    if (known && store.exclusive) return known;
    const changesBefore = changes;
    const generation = (await collection.get(sandbox, GENERATION))?.version ?? 0;
    if (known?.generation === generation) return known;
    const kinds = new Map<string, Map<string, Stored<unknown>>>();
    for (let after = ''; ; ) {
      const page = await collection.scan(sandbox, { after, limit: 500 });
      for (const { id, version, value } of page) {
        if (id === GENERATION) continue;
        const ofKind = kinds.get(value.kind) ?? new Map<string, Stored<unknown>>();
        kinds.set(value.kind, ofKind);
        const ownId = id.slice(value.kind.length + 1);
        ofKind.set(ownId, { id: ownId, version, value: value.definition });
      }
      const last = page.at(-1);
      if (!last || page.length < 500) break;
      after = last.id;
    }
    const loaded = { generation, kinds };
    if (changes === changesBefore) cache.set(sandbox, loaded);
    return loaded;
  };

  const write = async (sandbox: string, change: Write, effects: ConfigurationEffects = {}): Promise<void> => {
    const generation: Write = { kind: 'put', collection: collection.name, id: GENERATION, value: { kind: GENERATION } };
    try {
      await store.commit({
        sandbox,
        writes: [change, generation, ...(effects.writes ?? [])],
        entries: effects.entries ?? [],
      });
    } finally {
      changes += 1;
      cache.delete(sandbox);
    }
  };

  const ofKind = <T extends object>(kind: string): Configuration<T> => {
    const all = async (sandbox: string): Promise<ReadonlyMap<string, Stored<T>>> =>
      ((await load(sandbox)).kinds.get(kind) ?? new Map()) as ReadonlyMap<string, Stored<T>>;
    return {
      all,
      async put(sandbox, id, definition, expectedVersion, effects) {
        const current = (await all(sandbox)).get(id);
        const version = current?.version ?? 0;
        if (expectedVersion !== undefined && expectedVersion !== version) {
          throw new AppError('CONFLICT', `${kind} ${id} is at version ${version}, not ${expectedVersion}.`, {
            retryable: false,
            details: { kind, id, version, expectedVersion },
          });
        }
        const plain = JSON.parse(JSON.stringify(definition)) as T;
        if (current && isDeepStrictEqual(current.value, plain)) return current;
        await write(
          sandbox,
          {
            kind: 'put',
            collection: collection.name,
            id: `${kind}|${id}`,
            value: { kind, definition: plain },
            expected: current?.version ?? null,
          },
          effects,
        );
        return { id, version: version + 1, value: plain };
      },
      async delete(sandbox, id, effects) {
        const current = (await all(sandbox)).get(id);
        if (!current)
          throw new AppError('NOT_FOUND', `There is no ${kind} with the id ${id}.`, { details: { kind, id } });
        await write(
          sandbox,
          { kind: 'delete', collection: collection.name, id: `${kind}|${id}`, expected: current.version },
          effects,
        );
      },
    };
  };

  const compiled: Configurations['compiled'] = <C>(compile: (loaded: LoadedConfiguration) => C) => {
    const latest = new Map<string, { readonly of: LoadedConfiguration; readonly made: Promise<C> }>();
    const make = async (sandbox: string): Promise<C> => {
      const loaded = await load(sandbox);
      const known = latest.get(sandbox);
      if (known?.of === loaded) return known.made;
      const made = compile(loaded);
      latest.set(sandbox, { of: loaded, made: Promise.resolve(made) });
      return made;
    };
    return (sandbox) => {
      const known = store.exclusive ? latest.get(sandbox) : undefined;
      return known && known.of === cache.get(sandbox) ? known.made : make(sandbox);
    };
  };
  return Object.assign(ofKind, { compiled });
}
