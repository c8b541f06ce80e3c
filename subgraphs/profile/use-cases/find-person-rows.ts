import type { PrivacySubject } from '../../../flow/ports';
import type { Store, Stored, Write } from '../../../platform/store/store';
import { createPersonNames } from '../domain/person-names';
import { type BatchItemKey, batchItemId } from '../store/batch-store';
import { batchItemsSpec, computedSpec, eventsSpec, fragmentsSpec, recordsSpec } from '../store/collections';
import { fragmentId } from '../store/fragment-store';
import type { KeptEvent, KeptRecord } from '../store/item-documents';
import { DIRECT, originsOf } from '../store/item-origins';
import type { ItemStore } from '../store/item-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { TraceStore, Traces } from '../store/trace-store';
import { keysOf } from './expand-person';
import { type DeviceLinkDependencies, type FoundLinks, findDeviceLinks } from './find-device-links';

/** What finding rows stands on. */
export interface PersonRowDependencies extends DeviceLinkDependencies {
  readonly store: Store;
  readonly items: ItemStore;
  readonly traces: TraceStore;
  readonly configuration: ProfileConfiguration;
}

/** All rows about people, their heads and history apart. */
export interface PersonRows {
  /** What shows on the profile and what does not. */
  readonly events: readonly KeptEvent[];
  readonly records: readonly KeptRecord[];
  /** Events of which only the id is remembered. */
  readonly former: readonly KeptEvent[];
  readonly fragments: readonly Stored<object>[];
  readonly computed: readonly Stored<object>[];
  readonly traces: Traces;
  /** By device graph. */
  readonly deviceLinks: readonly FoundLinks[];
}

/** Finds them by identity, whether a profile has the identity or not; `untilMs`: only from up to then. */
export async function findPersonRows(
  dependencies: PersonRowDependencies,
  sandbox: string,
  subject: PrivacySubject,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<PersonRows> {
  const { store, items, traces, configuration } = dependencies;
  const keys = keysOf(subject);
  const { namespaces, datasets } = await configuration.settings(sandbox);
  const shown = await items.ofOwners(sandbox, keys);
  const hidden = await items.ofOwners(sandbox, keys, 'hidden');
  const former = await items.former(sandbox, keys);
  const found = async (collection: string, ids: readonly string[]): Promise<readonly Stored<object>[]> =>
    (await store.collection<object>(collection).getMany(sandbox, ids)).filter((row) => row !== undefined);
  const fragmentIds = keys.flatMap((key) => [...datasets.keys()].map((dataset) => fragmentId(dataset, key)));
  return {
    events: [...shown.events, ...hidden.events].filter(({ value }) => value.timestampMs <= untilMs),
    records: [...shown.records, ...hidden.records].filter(({ value }) => value.atMs <= untilMs),
    former: former.filter(({ value }) => value.timestampMs <= untilMs),
    fragments: await found(fragmentsSpec.name, fragmentIds),
    computed: await found(computedSpec.name, keys),
    deviceLinks: await findDeviceLinks(dependencies, sandbox, keys, untilMs),
    traces: await traces.find(sandbox, {
      names: createPersonNames(keys, namespaces),
      profileIds: subject.profileIds,
      fieldsOf: (dataset) => datasets.get(dataset)?.identities ?? [],
      untilMs,
    }),
  };
}

/** The writes that remove events and records, also from the batches that brought them, and what tells of them elsewhere. */
export function toItemRemovals({ events, records, former }: PersonRows): readonly Write[] {
  return [...events, ...former]
    .flatMap((row) => [removal(eventsSpec.name, row.id), ...batchRemovals('EVENT', row)])
    .concat(records.flatMap((row) => [removal(recordsSpec.name, row.id), ...batchRemovals('RECORD', row)]));
}

/** The writes that remove what is made of items. */
export function toMadeRemovals({ fragments, computed }: PersonRows): readonly Write[] {
  return [
    ...fragments.map(({ id }) => removal(fragmentsSpec.name, id)),
    ...computed.map(({ id }) => removal(computedSpec.name, id)),
  ];
}

function batchRemovals(kind: BatchItemKey['kind'], { id: key, value }: KeptEvent | KeptRecord): readonly Write[] {
  return originsOf(value)
    .filter((origin) => origin !== DIRECT)
    .map((batch) => removal(batchItemsSpec.name, batchItemId(batch, { kind, key })));
}

function removal(collection: string, id: string): Write {
  return { kind: 'delete', collection, id };
}
