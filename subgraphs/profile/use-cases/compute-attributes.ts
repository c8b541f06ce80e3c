import type { ProfileEvent } from '../../../flow/events';
import type { Write } from '../../../platform/store/store';
import { addEvents, type ComputedValues, isComplete, type StatesByAttribute, valuesOf } from '../domain/compute';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { IdentityState } from '../domain/head';
import type { Item } from '../domain/item';
import type { ComputedStore } from '../store/computed-store';
import type { EventStore } from '../store/event-store';
import type { ProfileSettings } from '../store/profile-configuration';

/** What a batch did to the computed attributes of a person. */
export interface Computed {
  readonly writes: readonly Write[];
  readonly told?: ComputedValues;
}

export interface ComputeDependencies {
  readonly computed: ComputedStore;
  readonly events: EventStore;
}

/** Folds the events of a batch into what is kept for computed attributes (P-15). Nothing to do where there are none. */
export async function computeChanges(
  { computed, events }: ComputeDependencies,
  sandbox: string,
  changed: readonly ChangedPerson[],
  settings: ProfileSettings,
  nowMs: number,
): Promise<ReadonlyMap<ChangedPerson, Computed>> {
  const attributes = settings.computed;
  if (attributes.length === 0) return new Map();
  const concerned = changed.filter(({ items, rebuilt }) => rebuilt || items.some(isEventOrRefresh));
  const owners = new Set(concerned.flatMap(({ head }) => head.identities.map(({ key }) => key)));
  const known = await computed.load(sandbox, [...owners]);
  const outcomes = new Map<ChangedPerson, Computed>();
  for (const person of concerned) {
    const writes: Write[] = [];
    const states: StatesByAttribute[] = [];
    for (const identity of person.head.identities.filter(isCounted(known))) {
      const fresh = eventsOf(identity.key, person.items);
      const kept = known.get(identity.key);
      const before = await baseOf(events, sandbox, identity, kept, fresh, settings);
      const after = addEvents(before, attributes, fresh, nowMs);
      if (after !== kept) writes.push(computed.toWrite(identity.key, after));
      states.push(after);
    }
    const told = writes.length > 0 || person.rebuilt || person.items.some(({ kind }) => kind === 'REFRESH');
    outcomes.set(person, { writes, ...(told ? { told: valuesOf(attributes, states, nowMs) } : {}) });
  }
  return outcomes;
}

const NONE: ReadonlySet<string> = new Set();

/** What is computed for a person now, from all events but those `without`. What is not kept yet is computed from the events, and not kept by that. */
export async function readComputed(
  { computed, events }: ComputeDependencies,
  sandbox: string,
  identities: readonly IdentityState[],
  settings: ProfileSettings,
  nowMs: number,
  without: ReadonlySet<string> = NONE,
): Promise<ComputedValues> {
  const attributes = settings.computed;
  if (attributes.length === 0) return { values: {} };
  const keys = identities.map(({ key }) => key);
  if (without.size > 0) {
    const stored = await Promise.all(keys.map((key) => events.all(sandbox, key)));
    const kept = stored.flat().filter(({ key }) => settings.isShown(key) && !without.has(key));
    return valuesOf(attributes, [addEvents({}, attributes, kept, 0)], nowMs);
  }
  const known = await computed.load(sandbox, keys);
  const states = await Promise.all(
    identities
      .filter(isCounted(known))
      .map((identity) => baseOf(events, sandbox, identity, known.get(identity.key), [], settings)),
  );
  return valuesOf(attributes, states, nowMs);
}

// What is kept, made whole from the kept events where a definition is new to it. `fresh` events are not in it yet.
async function baseOf(
  events: EventStore,
  sandbox: string,
  { key, events: count }: IdentityState,
  kept: StatesByAttribute | undefined,
  fresh: readonly ProfileEvent[],
  { computed: attributes, isShown }: ProfileSettings,
): Promise<StatesByAttribute> {
  if (kept && isComplete(kept, attributes)) return kept;
  if (count <= fresh.length) return kept ?? {};
  const stored = (await events.all(sandbox, key)).filter((event) => isShown(event.key));
  const missing = attributes.filter(({ id, fingerprint }) => kept?.[id]?.[0] !== fingerprint);
  return { ...kept, ...addEvents({}, missing, stored, 0) };
}

// What was counted stays counted, also when none of the events is kept any more (P-4).
function isCounted(known: ReadonlyMap<string, StatesByAttribute>): (identity: IdentityState) => boolean {
  return ({ key, events }) => events > 0 || known.has(key);
}

function isEventOrRefresh({ kind }: Item): boolean {
  return kind === 'EVENT' || kind === 'REFRESH';
}

function eventsOf(owner: string, items: readonly Item[]): readonly ProfileEvent[] {
  return items
    .filter((item) => item.kind === 'EVENT' && item.owner === owner)
    .map(({ key, atMs, data }) => ({ key, timestampMs: atMs, data }));
}
