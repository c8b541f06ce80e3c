import { isDeepStrictEqual } from 'node:util';
import type { ProfileEvent } from '../../../flow/events';
import type { Write } from '../../../platform/store/store';
import { type Fragment, mergeLeaves, toLeaves } from '../domain/attributes';
import { addEvents, valuesOf } from '../domain/compute';
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

/** Makes attributes and computed attributes of identities anew from all items that belong to them. */
export async function rebuildContents(
  { fragments, computed }: { readonly fragments: FragmentStore; readonly computed: ComputedStore },
  sandbox: string,
  known: readonly IdentityState[],
  items: readonly Item[],
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
  if (settings.computed.length > 0) {
    for (const owner of new Set([...known.map(({ key }) => key), ...events.keys()])) {
      const own = events.get(owner);
      const states =
        own &&
        addEvents(
          {},
          settings.computed,
          own.filter(({ key }) => settings.isShown(key)),
          0,
        );
      writes.push(states ? computed.toWrite(owner, states) : computed.toRemoval(owner));
    }
  }
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
      ...tellComputed(head.identities, events, settings, nowMs),
    }),
  };
}

function tellComputed(
  identities: readonly IdentityState[],
  events: ReadonlyMap<string, readonly ProfileEvent[]>,
  { computed, isShown }: ProfileSettings,
  nowMs: number,
): Announcement {
  if (computed.length === 0) return {};
  const states = identities.flatMap(({ key }) => {
    const own = events.get(key)?.filter((event) => isShown(event.key));
    return own ? [addEvents({}, computed, own, 0)] : [];
  });
  const { values, untilMs } = valuesOf(computed, states, nowMs);
  return { computedAttributes: values, computedUntilMs: untilMs };
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

function eventsByOwner(items: readonly Item[]): ReadonlyMap<string, readonly ProfileEvent[]> {
  const events = new Map<string, ProfileEvent[]>();
  for (const { kind, owner, key, atMs, data } of items) {
    if (kind !== 'EVENT') continue;
    const own = events.get(owner) ?? [];
    events.set(owner, own);
    own.push({ key, timestampMs: atMs, data });
  }
  return events;
}
