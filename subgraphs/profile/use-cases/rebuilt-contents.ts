import { isDeepStrictEqual } from 'node:util';
import type { ProfileEvent } from '../../../flow/events';
import type { Write } from '../../../platform/store/store';
import { type Fragment, mergeLeaves, toLeaves } from '../domain/attributes';
import {
  addEvents,
  isComplete,
  type KeptComputed,
  type StatesByAttribute,
  statesOfPast,
  valuesOf,
} from '../domain/compute';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { IdentityState } from '../domain/head';
import type { Item } from '../domain/item';
import type { ComputedStore } from '../store/computed-store';
import { type FragmentStore, fragmentId } from '../store/fragment-store';
import type { ProfileSettings } from '../store/profile-configuration';
import type { Announcement } from './announce';
import { attributesOf } from './merge-records';

/** What items say about identities, and how what is kept of it must change. */
export interface RebuiltContents {
  readonly writes: readonly Write[];
  /** Identities about which something else is said than before. */
  readonly changed: ReadonlySet<string>;
  /** What to tell of a person. */
  tell(person: ChangedPerson, nowMs: number): Announcement;
}

/** What there was, what there is, and about whom it differs. */
interface Contents {
  readonly known: readonly IdentityState[];
  readonly items: readonly Item[];
  /** Identities that an event or record left or came to. */
  readonly moved: ReadonlySet<string>;
}

type EventsByOwner = ReadonlyMap<string, readonly ProfileEvent[]>;

/** Makes attributes and computed attributes of identities anew from all items that belong to them. */
export async function rebuildContents(
  { fragments, computed }: { readonly fragments: FragmentStore; readonly computed: ComputedStore },
  sandbox: string,
  { known, items, moved }: Contents,
  settings: ProfileSettings,
): Promise<RebuiltContents> {
  const before = await fragments.load(sandbox, known);
  const after = toFragments(items);
  const events = eventsByOwner(items);
  const writes: Write[] = [];
  const changed = new Set<string>();
  for (const [id, fragment] of after) {
    if (isDeepStrictEqual(before.get(id)?.leaves, fragment.leaves)) continue;
    changed.add(fragment.owner);
    writes.push(fragments.toWrite(fragment));
  }
  for (const [id, { owner }] of before) {
    if (after.has(id)) continue;
    changed.add(owner);
    writes.push(fragments.toRemoval(id));
  }
  const states = await computeStates(computed, sandbox, { events, moved, known }, settings);
  for (const [owner, own] of states.made) writes.push(own ? computed.toWrite(owner, own) : computed.toRemoval(owner));
  return {
    writes,
    changed,
    tell: ({ head }, nowMs) => ({
      attributes: attributesOf(
        head.identities.flatMap(({ key, datasets }) =>
          datasets.filter((id) => settings.isShown(`${id}|`)).flatMap((id) => after.get(fragmentId(id, key)) ?? []),
        ),
        settings.defaultPolicy,
      ),
      ...tellComputed(head.identities, states.all, settings, nowMs),
    }),
  };
}

function tellComputed(
  identities: readonly IdentityState[],
  states: ReadonlyMap<string, StatesByAttribute>,
  { computed }: ProfileSettings,
  nowMs: number,
): Announcement {
  if (computed.length === 0) return {};
  const own = identities.map(({ key }) => states.get(key)).filter((each) => each !== undefined);
  return { computed: valuesOf(computed, own, nowMs) };
}

// Made anew where an event came or left, from what is kept of events past keeping and from the kept events.
async function computeStates(
  computed: ComputedStore,
  sandbox: string,
  { events, moved, known }: { readonly events: EventsByOwner } & Pick<Contents, 'moved' | 'known'>,
  { computed: attributes, isShown }: ProfileSettings,
) {
  const all = new Map<string, StatesByAttribute>();
  const made = new Map<string, KeptComputed | undefined>();
  if (attributes.length === 0) return { all, made };
  const owners = new Set([...events.keys(), ...known.map(({ key }) => key)]);
  const kept = await computed.load(sandbox, [...owners]);
  for (const owner of owners) {
    const before = kept.get(owner);
    const own = events.get(owner) ?? [];
    const past = before?.past;
    const isGone = own.length === 0 && !past;
    if (isGone && moved.has(owner)) made.set(owner, undefined);
    if (isGone && (moved.has(owner) || !before)) continue;
    const whole = !moved.has(owner) && before && isComplete(before.states, attributes) ? before.states : undefined;
    const next = whole ?? addEvents(statesOfPast(past, attributes, isShown), attributes, own, 0);
    all.set(owner, next);
    if (moved.has(owner)) made.set(owner, { states: next, ...(past ? { past } : {}) });
  }
  return { all, made };
}

function toFragments(items: readonly Item[]): ReadonlyMap<string, Fragment> {
  const fragments = new Map<string, Fragment>();
  for (const { kind, dataset, owner, data, atMs, id: item } of items) {
    if (kind !== 'RECORD') continue;
    const id = fragmentId(dataset, owner);
    const leaves = fragments.get(id)?.leaves ?? new Map();
    fragments.set(id, { dataset, owner, leaves: mergeLeaves(leaves, toLeaves(data, atMs, item)) });
  }
  return fragments;
}

function eventsByOwner(items: readonly Item[]): EventsByOwner {
  const events = new Map<string, ProfileEvent[]>();
  for (const { kind, owner, key, atMs, data } of items) {
    if (kind !== 'EVENT') continue;
    const own = events.get(owner) ?? [];
    events.set(owner, own);
    own.push({ key, timestampMs: atMs, data });
  }
  return events;
}
