import type { Store, Stored, Write } from '../../../platform/store/store';
import type { Item } from '../domain/item';
import { eventsSpec, recordsSpec } from '../store/collections';
import type { ItemRow } from '../store/item-documents';
import { DIRECT, originsOf, withOrigin } from '../store/item-origins';
import type { Submission } from './pipeline';

/** What is there already, by whatever way it came. */
export interface Duplicates {
  readonly items: ReadonlySet<Item>;
  /** Notes that an item which a batch brought came another way too, so that it stays when the batch is reverted. */
  readonly writes: readonly Write[];
}

/** Finds the events and records that are there already, or are in one submission twice (P-3). */
export async function findDuplicates(
  store: Store,
  sandbox: string,
  submissions: readonly Submission[],
): Promise<Duplicates> {
  const [events, records] = await Promise.all([
    duplicatesOf(store, sandbox, submissions, 'EVENT'),
    duplicatesOf(store, sandbox, submissions, 'RECORD'),
  ]);
  return { items: new Set([...events.items, ...records.items]), writes: [...events.writes, ...records.writes] };
}

async function duplicatesOf(
  store: Store,
  sandbox: string,
  submissions: readonly Submission[],
  kind: keyof typeof COLLECTIONS,
): Promise<Duplicates> {
  const collection = COLLECTIONS[kind];
  const items = new Set<Item>();
  const writes: Write[] = [];
  const first = new Map<string, { readonly item: Item; readonly origin: string }>();
  for (const submission of submissions) {
    const origin = submission.batch ?? DIRECT;
    for (const item of submission.items) {
      if (item.kind !== kind) continue;
      if (first.has(item.key)) items.add(item);
      else first.set(item.key, { item, origin });
    }
  }
  if (first.size === 0) return { items, writes };
  const found = await store.collection<ItemRow>(collection).getMany(sandbox, [...first.keys()]);
  for (const known of found) {
    const sent = known && first.get(known.id);
    if (!known || !sent) continue;
    items.add(sent.item);
    if (!originsOf(known.value).includes(sent.origin)) writes.push(noteOrigin(collection, known, sent.origin));
  }
  return { items, writes };
}

const COLLECTIONS = { EVENT: eventsSpec.name, RECORD: recordsSpec.name } as const;

function noteOrigin(collection: string, { id, version, value }: Stored<ItemRow>, origin: string): Write {
  return { kind: 'put', collection, id, value: withOrigin(value, origin), expected: version };
}
