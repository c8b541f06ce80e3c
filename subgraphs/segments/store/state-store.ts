import { LRUCache } from 'lru-cache';
import type { CollectionSpec, Store, Stored, Write } from '../../../platform/store/store';
import { type Evaluated, NEVER } from '../domain/evaluated';
import type { Plan } from '../domain/plan';
import { type PackedMemberships, packMemberships, unpackMemberships } from './packed-memberships';

const STATES = 'segment_states';

/** Where each profile's evaluation is kept: one document a profile, found again when time alone may move it. */
export const statesSpec: CollectionSpec = { name: STATES, indexes: [{ name: 'due', fields: ['dueAtMs'] }] };

interface StateDocument {
  readonly revision: number;
  readonly fingerprint: string;
  readonly planSinceMs: number;
  readonly state?: unknown;
  readonly memberships: PackedMemberships;
  readonly dueAtMs?: number;
  readonly ended?: 1;
}

/** An evaluation as it stands in this process, and what the store has of it. */
export interface Known {
  readonly profileId: string;
  readonly evaluated: Evaluated;
  /** The document's version; `null` when there is none. */
  readonly version: number | null;
  readonly storedRevision: number;
  /** What the index of due instants says: never later than what is so. */
  readonly storedDueMs?: number;
}

/** Whose evaluation may change by itself, and when at the earliest. */
export interface Due {
  readonly profileId: string;
  readonly dueAtMs: number;
}

/** The evaluations of profiles. What is only in memory can be had again from the store and the changes since. */
export interface StateStore {
  /** In the order asked. States come with those whose plan is this one. */
  load(sandbox: string, profileIds: readonly string[], plan: Plan): Promise<readonly Known[]>;
  /**
   * The write that keeps `known`, and what will be known after it.
   * @param reachedMs up to when due instants have had their effect
   */
  write(known: Known, plan: Plan, reachedMs?: number): { readonly write: Write; readonly known: Known };
  /** Remembers evaluations: committed, on their way to a commit, or not worth one. */
  remember(sandbox: string, known: readonly Known[]): void;
  /** Remembers `after`, unless `before` is no longer what is known. */
  replace(sandbox: string, before: Known, after: Known): void;
  /** Drops what a failed commit made of these. */
  forget(sandbox: string, profileIds: readonly string[]): void;
  /** Evaluations that memory had no room for and the store does not have yet. */
  takeEvicted(sandbox: string): readonly Known[];
  /** Those due at `untilMs`, the earliest first. */
  due(sandbox: string, untilMs: number, limit: number): Promise<readonly Due[]>;
  nextDueMs(sandbox: string): Promise<number | undefined>;
}

/** Over the collection of `statesSpec`. @param most how many evaluations are kept in memory */
export function createStateStore(store: Store, most: number): StateStore {
  const states = store.collection<StateDocument>(STATES);
  const evicted = new Map<string, Known>();
  const cache = new LRUCache<string, Known>({
    max: most,
    dispose: (known, key, reason) => {
      if (reason === 'evict' && store.exclusive && isAhead(known)) evicted.set(key, known);
    },
  });

  const fromMemory = (key: string): Known | undefined => cache.get(key) ?? evicted.get(key);
  const fromStore = (profileId: string, stored: Stored<StateDocument> | undefined, key: string, plan: Plan): Known => {
    const remembered = fromMemory(key);
    if (remembered && (remembered.version ?? 0) >= (stored?.version ?? 0)) return remembered;
    const known = stored ? toKnown(profileId, stored, plan) : unknown(profileId);
    cache.set(key, known);
    return known;
  };

  return {
    async load(sandbox, profileIds, plan) {
      const keys = profileIds.map((id) => keyOf(sandbox, id));
      const remembered = store.exclusive ? keys.map(fromMemory) : keys.map(() => undefined);
      const missing = profileIds.filter((_, index) => !remembered[index]);
      if (missing.length === 0) return remembered.filter((known) => known !== undefined);
      const found = new Map<string, Stored<StateDocument> | undefined>();
      const stored = await states.getMany(sandbox, missing);
      missing.forEach((id, index) => void found.set(id, stored[index]));
      return profileIds.map((id, index) => remembered[index] ?? fromStore(id, found.get(id), keyOf(sandbox, id), plan));
    },
    write(known, plan, reachedMs = Number.NEGATIVE_INFINITY) {
      const value = toDocument(known, plan, reachedMs);
      const { profileId, evaluated, version } = known;
      return {
        write: { kind: 'put', collection: STATES, id: profileId, value, expected: version },
        known: {
          profileId,
          evaluated,
          version: (version ?? 0) + 1,
          storedRevision: evaluated.revision,
          ...(value.dueAtMs !== undefined && { storedDueMs: value.dueAtMs }),
        },
      };
    },
    remember(sandbox, all) {
      for (const known of all) {
        const key = keyOf(sandbox, known.profileId);
        evicted.delete(key);
        cache.set(key, known);
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
    async due(sandbox, untilMs, limit) {
      const upper = { values: [untilMs], inclusive: true };
      const found = await states.range(sandbox, { index: 'due', upper, limit });
      return found.map(({ id, value }) => ({ profileId: id, dueAtMs: value.dueAtMs ?? untilMs }));
    },
    async nextDueMs(sandbox) {
      const [next] = await states.range(sandbox, { index: 'due', limit: 1 });
      return next?.value.dueAtMs;
    },
  };
}

/** When the evaluation could change by itself, under the plan that it belongs to. */
export function dueMsOf({ evaluated: { state, fingerprint, ended } }: Known, plan: Plan): number | undefined {
  return state && !ended && fingerprint === plan.fingerprint ? plan.rules.nextDueMs(state) : undefined;
}

function unknown(profileId: string): Known {
  return { profileId, evaluated: NEVER, version: null, storedRevision: 0 };
}

function isAhead({ evaluated, storedRevision }: Known): boolean {
  return evaluated.revision > storedRevision;
}

function keyOf(sandbox: string, profileId: string): string {
  return `${sandbox}|${profileId}`;
}

function toKnown(profileId: string, { version, value }: Stored<StateDocument>, plan: Plan): Known {
  const { revision, fingerprint, planSinceMs, state, memberships, dueAtMs, ended } = value;
  const unpacked = state !== undefined && fingerprint === plan.fingerprint ? plan.rules.unpack(state) : undefined;
  return {
    profileId,
    version,
    storedRevision: revision,
    ...(dueAtMs !== undefined && { storedDueMs: dueAtMs }),
    evaluated: {
      revision,
      fingerprint,
      planSinceMs,
      memberships: unpackMemberships(memberships),
      ended: ended === 1,
      ...(unpacked && { state: unpacked }),
    },
  };
}

function toDocument(known: Known, plan: Plan, reachedMs: number): StateDocument {
  const { revision, fingerprint, planSinceMs, state, memberships, ended } = known.evaluated;
  const dueAtMs = toStoredDueMs(known, dueMsOf(known, plan), reachedMs);
  return {
    revision,
    fingerprint,
    planSinceMs,
    memberships: packMemberships(memberships),
    ...(state !== undefined && fingerprint === plan.fingerprint && { state: plan.rules.pack(state) }),
    ...(dueAtMs !== undefined && { dueAtMs }),
    ...(ended && { ended: 1 as const }),
  };
}

// A due instant that moved on is corrected when it is reached: to write the index anew each time would cost more.
function toStoredDueMs(
  { storedDueMs, evaluated }: Known,
  dueMs: number | undefined,
  reachedMs: number,
): number | undefined {
  const isAhead = storedDueMs !== undefined && storedDueMs > reachedMs && !evaluated.ended;
  return isAhead && storedDueMs <= (dueMs ?? Number.POSITIVE_INFINITY) ? storedDueMs : dueMs;
}
