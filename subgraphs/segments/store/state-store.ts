import { LRUCache } from 'lru-cache';
import type { CollectionSpec, Store, Stored, Write } from '../../../platform/store/store';
import { type Evaluated, isCurrent, NEVER, sizeOfEvaluated } from '../domain/evaluated';
import type { Plan } from '../domain/plan';
import { type PackedMemberships, packMemberships, unpackMemberships } from './packed-memberships';

const STATES = 'segment_states';

/** Where each profile's evaluation is kept: one document a profile. */
export const statesSpec: CollectionSpec = { name: STATES, indexes: [] };

interface StateDocument {
  readonly revision: number;
  readonly fingerprint: string;
  readonly planSinceMs: number;
  readonly state?: unknown;
  readonly memberships: PackedMemberships;
  readonly imports?: Readonly<Record<string, number>>;
  readonly computedUntilMs?: number;
  readonly listedMs?: number;
  /** The process that listed it: what another one did since is not known. */
  readonly listedBy?: string;
  readonly ended?: 1;
}

/** An evaluation as it stands in this process, and what the store has of it. */
export interface Known {
  readonly profileId: string;
  readonly evaluated: Evaluated;
  /** The document's version; `null` when there is none. */
  readonly version: number | null;
  readonly storedRevision: number;
  readonly storedListedMs?: number | undefined;
  /** For when the profile is listed to be looked at: never later than time alone could move it. */
  readonly listedMs?: number;
}

/** An evaluation as it was found, and what its reader may evaluate further; absent when nothing is to be. */
export interface Reading {
  readonly known: Known;
  readonly own?: Evaluated;
}

/** The evaluations of profiles. What is only in memory can be had again from the store and the changes since. */
export interface StateStore {
  /** In the order asked. States come with those whose plan is this one. */
  load(sandbox: string, profileIds: readonly string[], plan: Plan): Promise<readonly Known[]>;
  /**
   * As `load`, for readers. An evaluation changes states in place, also while a reader waits: what is not enough as it is
   * comes with a copy, made at the moment of finding it.
   */
  read(
    sandbox: string,
    profileIds: readonly string[],
    plan: Plan,
    isEnough: (evaluated: Evaluated, index: number) => boolean,
  ): Promise<readonly Reading[]>;
  /** The write that keeps `known`, and what will be known after it. */
  write(known: Known, plan: Plan): { readonly write: Write; readonly known: Known };
  /** Remembers evaluations: committed, on their way to a commit, or not worth one. */
  remember(sandbox: string, known: readonly Known[]): void;
  /** Remembers `after`, unless `before` is no longer what is known. */
  replace(sandbox: string, before: Known, after: Known): void;
  /** Drops what a failed commit made of these. */
  forget(sandbox: string, profileIds: readonly string[]): void;
  /** Evaluations that memory had no room for and the store does not have yet. */
  takeEvicted(sandbox: string): readonly Known[];
}

/**
 * Over the collection of `statesSpec`.
 * @param most how many evaluations are kept in memory, and about how many bytes of them
 * @param holder names this process, from its start to its end
 */
export function createStateStore(
  store: Store,
  most: { readonly profiles: number; readonly bytes: number },
  holder: string,
): StateStore {
  const states = store.collection<StateDocument>(STATES);
  const evicted = new Map<string, Known>();
  const cache = new LRUCache<string, Known>({
    max: most.profiles,
    maxSize: most.bytes,
    sizeCalculation: createSizing(),
    dispose: (known, key, reason) => {
      if (reason === 'evict' && store.exclusive && isAhead(known)) evicted.set(key, known);
    },
  });

  const fromMemory = (key: string): Known | undefined => cache.get(key) ?? evicted.get(key);
  const fromStore = (profileId: string, stored: Stored<StateDocument> | undefined, key: string, plan: Plan): Known => {
    const remembered = fromMemory(key);
    // One whose document is gone was erased by another process.
    const isThere = stored !== undefined || remembered?.version === null;
    if (isThere && remembered && (remembered.version ?? 0) >= (stored?.version ?? 0)) return remembered;
    const known = stored ? toKnown(profileId, stored, plan, holder) : unknown(profileId);
    cache.set(key, known);
    return known;
  };

  // `take` sees each at the moment of finding it: nothing is awaited in between.
  const find = async <T>(
    sandbox: string,
    profileIds: readonly string[],
    plan: Plan,
    take: (known: Known, index: number) => T,
    trustsMemory = store.exclusive,
  ): Promise<readonly T[]> => {
    const keys = profileIds.map((id) => keyOf(sandbox, id));
    const inMemory = trustsMemory ? keys.map(fromMemory) : [];
    const missing = profileIds.filter((_, index) => !inMemory[index]);
    if (missing.length === 0) return inMemory.flatMap((known, index) => (known ? [take(known, index)] : []));
    const stored = await states.getMany(sandbox, missing);
    const found = new Map(missing.map((id, index) => [id, stored[index]]));
    const remembered = keys.map(fromMemory);
    // Memory may have lost one while others were read.
    if (profileIds.some((id, index) => !found.has(id) && !remembered[index])) {
      return find(sandbox, profileIds, plan, take, false);
    }
    return profileIds.map((id, index) => {
      const known = found.has(id) ? undefined : remembered[index];
      return take(known ?? fromStore(id, found.get(id), keys[index] ?? '', plan), index);
    });
  };

  return {
    load: (sandbox, profileIds, plan) => find(sandbox, profileIds, plan, (known) => known),
    read: (sandbox, profileIds, plan, isEnough) =>
      find(sandbox, profileIds, plan, (known, index) =>
        isEnough(known.evaluated, index) ? { known } : { known, own: copyOf(known.evaluated, plan) },
      ),
    write(known, plan) {
      const { profileId, evaluated, version } = known;
      const value = toDocument(known, plan, holder);
      // What was packed now takes a fraction of the memory, and is seldom asked for.
      const memberships = unpackMemberships(value.memberships);
      return {
        write: { kind: 'put', collection: STATES, id: profileId, value, expected: version },
        known: {
          ...known,
          evaluated: { ...evaluated, memberships },
          version: (version ?? 0) + 1,
          storedRevision: evaluated.revision,
          storedListedMs: known.listedMs,
        },
      };
    },
    remember(sandbox, all) {
      for (const known of all) {
        const key = keyOf(sandbox, known.profileId);
        evicted.delete(key);
        // Most are remembered while they are evaluated, and stay so.
        if (cache.peek(key) !== known) cache.set(key, known);
      }
    },
    replace(sandbox, before, after) {
      const key = keyOf(sandbox, before.profileId);
      if (cache.peek(key) === before) cache.set(key, after);
    },
    forget(sandbox, profileIds) {
      for (const id of profileIds) {
        const key = keyOf(sandbox, id);
        cache.delete(key);
        evicted.delete(key);
      }
    },
    takeEvicted(sandbox) {
      const prefix = keyOf(sandbox, '');
      return [...evicted].flatMap(([key, known]) => (key.startsWith(prefix) ? [known] : []));
    },
  };
}

// A state grows by little with each change: adding all of it up each time would cost more than the rules do.
const SIZED_EVERY = 16;

function createSizing(): (known: Known) => number {
  const sized = new WeakMap<object, { readonly revision: number; readonly bytes: number }>();
  return ({ evaluated }) => {
    const { state, revision } = evaluated;
    const last = state && sized.get(state);
    if (last && revision - last.revision < SIZED_EVERY) return last.bytes;
    const bytes = sizeOfEvaluated(evaluated);
    if (state) sized.set(state, { revision, bytes });
    return bytes;
  };
}

function copyOf(evaluated: Evaluated, plan: Plan): Evaluated {
  const { state } = evaluated;
  return state && isCurrent(evaluated, plan) ? { ...evaluated, state: plan.rules.clone(state) } : evaluated;
}

function unknown(profileId: string): Known {
  return { profileId, evaluated: NEVER, version: null, storedRevision: 0 };
}

function isAhead({ evaluated, storedRevision, listedMs, storedListedMs }: Known): boolean {
  return evaluated.revision > storedRevision || listedMs !== storedListedMs;
}

function keyOf(sandbox: string, profileId: string): string {
  return `${sandbox}|${profileId}`;
}

function toKnown(profileId: string, { version, value }: Stored<StateDocument>, plan: Plan, holder: string): Known {
  const { revision, fingerprint, planSinceMs, state, memberships, imports = {}, computedUntilMs, ended } = value;
  const unpacked = state !== undefined && fingerprint === plan.fingerprint ? plan.rules.unpack(state) : undefined;
  const listedMs = value.listedBy === holder ? value.listedMs : undefined;
  return {
    profileId,
    version,
    storedRevision: revision,
    storedListedMs: listedMs,
    ...(listedMs !== undefined && { listedMs }),
    evaluated: {
      revision,
      fingerprint,
      planSinceMs,
      memberships: unpackMemberships(memberships),
      imports: new Map(Object.entries(imports)),
      computedUntilMs,
      ended: ended === 1,
      ...(unpacked && { state: unpacked }),
    },
  };
}

function toDocument({ evaluated, listedMs }: Known, plan: Plan, holder: string): StateDocument {
  const { revision, fingerprint, planSinceMs, state, memberships, imports, computedUntilMs, ended } = evaluated;
  return {
    revision,
    fingerprint,
    planSinceMs,
    memberships: packMemberships(memberships),
    ...(imports.size > 0 && { imports: Object.fromEntries(imports) }),
    ...(computedUntilMs !== undefined && { computedUntilMs }),
    ...(state !== undefined && fingerprint === plan.fingerprint && { state: plan.rules.pack(state) }),
    ...(listedMs !== undefined && { listedMs, listedBy: holder }),
    ...(ended && { ended: 1 as const }),
  };
}
