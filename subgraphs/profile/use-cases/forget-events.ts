import type { ProfileEvent } from '../../../flow/events';
import type { Store, Stored, Write } from '../../../platform/store/store';
import { identityValueOf, namespaceOf } from '../domain/identity';
import { datasetOf, type Item, itemIdOf, itemKey } from '../domain/item';
import { eventsSpec } from '../store/collections';
import { type EventDocument, sightingWrite } from '../store/item-documents';

/** The item that takes events of one identity from its profile. Their ids stay known, so that they never count again. */
export function toForgetItem(id: string, owner: string, forgotten: readonly string[], atMs: number): Item {
  const identity = {
    key: owner,
    namespace: namespaceOf(owner),
    value: identityValueOf(owner),
    state: 'AMBIGUOUS' as const,
  };
  return {
    kind: 'FORGET',
    dataset: FORGET,
    id,
    key: itemKey(FORGET, id),
    atMs,
    enabled: true,
    owner,
    identities: [identity],
    links: [],
    data: {},
    json: '{}',
    forgotten,
  };
}

const FORGET = 'forget';

/** FORGET items as they are carried out. */
interface Forgotten {
  /** The items, each FORGET with those of its events that are still there. */
  readonly items: readonly Item[];
  /** The writes that remove them. */
  readonly writes: readonly Write[];
  /** The events that leave, by owner. */
  readonly leaving: ReadonlyMap<string, readonly ProfileEvent[]>;
}

/** Looks for the events that FORGET items are about. */
export async function resolveForgotten(store: Store, sandbox: string, items: readonly Item[]): Promise<Forgotten> {
  const leaving = new Map<string, readonly ProfileEvent[]>();
  if (!items.some(({ kind }) => kind === 'FORGET')) return { items, writes: [], leaving };
  const events = store.collection<EventDocument>(eventsSpec.name);
  const resolved: Item[] = [];
  const writes: Write[] = [];
  const gone = new Set<string>();
  for (const item of items) {
    if (item.kind !== 'FORGET') {
      resolved.push(item);
      continue;
    }
    const found = await events.getMany(sandbox, item.forgotten ?? []);
    const kept = found.filter(
      (each): each is Stored<EventDocument> => each?.value.owner === item.owner && !gone.has(each.id),
    );
    for (const { id } of kept) gone.add(id);
    if (kept.length > 0) resolved.push({ ...item, forgotten: kept.map(({ id }) => id) });
    writes.push(...kept.flatMap(toStub));
    leaving.set(item.owner, [...(leaving.get(item.owner) ?? []), ...kept.map(toEvent)]);
  }
  return { items: resolved, writes, leaving };
}

function toEvent({ id, value }: Stored<EventDocument>): ProfileEvent {
  return { key: id, timestampMs: value.timestampMs, data: value.data ?? {} };
}

// What the event showed of who belongs together outlives it.
function toStub({ id, version, value }: Stored<EventDocument>): readonly Write[] {
  const { timestampMs, who, owner, origins } = value;
  const former = owner === undefined ? {} : { formerOwner: owner };
  const stub: EventDocument = { timestampMs, ...former, ...(origins ? { origins } : {}) };
  const write = { kind: 'put', collection: eventsSpec.name, id, value: stub, expected: version } as const;
  if (!who || who.length < 2 || owner === undefined) return [write];
  return [write, sightingWrite(datasetOf(id), itemIdOf(id), { owner, atMs: timestampMs, who })];
}
