import type { ProfileEvent } from '../../../flow/events';
import type { Write } from '../../../platform/store/store';
import {
  addEvents,
  addPast,
  type ComputedValues,
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
  /** Events that leave in the same commit, by owner: they stay counted. */
  leaving: ReadonlyMap<string, readonly ProfileEvent[]>,
): Promise<ReadonlyMap<ChangedPerson, Computed>> {
  const attributes = settings.computed;
  if (attributes.length === 0) return new Map();
  const isLeft = ({ head }: ChangedPerson): boolean => head.identities.some(({ key }) => leaving.has(key));
  const concerned = changed.filter((one) => one.rebuilt || one.items.some(isEventOrRefresh) || isLeft(one));
  const owners = new Set(concerned.flatMap(({ head }) => head.identities.map(({ key }) => key)));
  const known = await computed.load(sandbox, [...owners]);
  const outcomes = new Map<ChangedPerson, Computed>();
  for (const person of concerned) {
    const writes: Write[] = [];
    const states: StatesByAttribute[] = [];
    let isNews = false;
    const isCountedHere = isCounted(known);
    for (const identity of person.head.identities) {
      const { key } = identity;
      if (!isCountedHere(identity) && !leaving.has(key)) continue;
      const fresh = eventsOf(key, person.items);
      const gone = leaving.get(key) ?? [];
      const kept = known.get(key);
      const here = { ...identity, events: identity.events + gone.length };
      const before = await baseOf(events, sandbox, here, kept, fresh, settings);
      const after = addEvents(before, attributes, fresh, nowMs);
      const past = gone.length > 0 ? addPast(kept?.past, attributes, gone, nowMs) : kept?.past;
      isNews ||= after !== kept?.states;
      if (after !== kept?.states || past !== kept?.past) {
        writes.push(computed.toWrite(key, { states: after, ...(past ? { past } : {}) }));
      }
      states.push(after);
    }
    const told = isNews || person.rebuilt || person.items.some(({ kind }) => kind === 'REFRESH');
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
    const past = [...(await computed.load(sandbox, keys)).values()].map((each) =>
      statesOfPast(each.past, attributes, settings.isShown),
    );
    return valuesOf(attributes, [...past, addEvents({}, attributes, kept, 0)], nowMs);
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
  kept: KeptComputed | undefined,
  fresh: readonly ProfileEvent[],
  { computed: attributes, isShown }: ProfileSettings,
): Promise<StatesByAttribute> {
  if (kept && isComplete(kept.states, attributes)) return kept.states;
  if (count <= fresh.length) return kept?.states ?? {};
  const stored = (await events.all(sandbox, key)).filter((event) => isShown(event.key));
  const missing = attributes.filter(({ id, fingerprint }) => kept?.states[id]?.[0] !== fingerprint);
  return { ...kept?.states, ...addEvents({}, missing, stored, 0) };
}

// What was counted stays counted, also when none of the events is kept any more (P-4).
function isCounted(known: ReadonlyMap<string, KeptComputed>): (identity: IdentityState) => boolean {
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
