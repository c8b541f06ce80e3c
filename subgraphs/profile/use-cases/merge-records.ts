import { isDeepStrictEqual } from 'node:util';
import {
  type Fragment,
  isFlat,
  mergeLeaves,
  resolveLeaves,
  toAttributes,
  toFlatAttributes,
  toLeaves,
} from '../domain/attributes';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { Item } from '../domain/item';
import { fragmentsUnder, orderOf, type PolicyInUse } from '../domain/merge-policy';
import { type FragmentStore, fragmentId } from '../store/fragment-store';
import type { ProfileSettings } from '../store/profile-configuration';

type Fields = Readonly<Record<string, unknown>>;

/** What the records of a batch did to one person. */
export interface MergedRecords {
  readonly fragments: readonly Fragment[];
  /** The whole attributes by the default policy, when they changed. */
  readonly attributes?: Fields;
}

/** Folds the batch's records into the fragments of a person. `known` holds those that were there before. */
function mergeRecords(
  changed: ChangedPerson,
  known: ReadonlyMap<string, Fragment>,
  policy: PolicyInUse,
  isEnabled: (dataset: string) => boolean,
): MergedRecords {
  const records = changed.items.filter(({ kind }) => kind === 'RECORD');
  const before = ofPerson(known, changed.before?.identities, isEnabled);
  const written = new Map<string, Fragment>();
  for (const record of records) {
    const id = fragmentId(record.dataset, record.owner);
    const fragment = written.get(id) ?? known.get(id) ?? newFragment(record);
    const leaves = mergeLeaves(fragment.leaves, toLeaves(record.data, record.atMs, record.id));
    if (leaves !== fragment.leaves) written.set(id, { ...fragment, leaves });
  }
  const after = ofPerson(new Map([...known, ...written]), changed.head.identities, isEnabled);
  const attributes = attributesOf(after, policy);
  const refreshed = changed.items.some(({ kind }) => kind === 'REFRESH');
  const same = !refreshed && isDeepStrictEqual(attributes, attributesOf(before, policy));
  return { fragments: [...written.values()], ...(same ? {} : { attributes }) };
}

/** The attributes that fragments make under a policy. */
export function attributesOf(fragments: readonly Fragment[], policy: PolicyInUse): Fields {
  const seen = fragmentsUnder(policy, fragments);
  const [only] = seen;
  if (seen.length === 1 && only && isFlat(only.leaves)) return toFlatAttributes(only.leaves);
  return toAttributes(resolveLeaves(seen, orderOf(policy)));
}

function isRecordOrRefresh({ kind }: Item): boolean {
  return kind === 'RECORD' || kind === 'REFRESH';
}

function newFragment({ dataset, owner }: Item): Fragment {
  return { dataset, owner, leaves: new Map() };
}

function ofPerson(
  fragments: ReadonlyMap<string, Fragment>,
  identities: ChangedPerson['head']['identities'] = [],
  isEnabled: (dataset: string) => boolean,
): readonly Fragment[] {
  return identities.flatMap(({ key, datasets }) =>
    datasets.flatMap((dataset) => (isEnabled(dataset) ? (fragments.get(fragmentId(dataset, key)) ?? []) : [])),
  );
}

/** Folds the records of a batch into the fragments of everybody whom they, or a move of identities, changed. */
export async function mergeAllRecords(
  fragments: FragmentStore,
  sandbox: string,
  changed: readonly ChangedPerson[],
  { datasets, defaultPolicy }: ProfileSettings,
): Promise<ReadonlyMap<ChangedPerson, MergedRecords>> {
  const concerned = changed.filter(({ items, rebuilt }) => rebuilt || items.some(isRecordOrRefresh));
  const identities = concerned.flatMap(({ before, head }) => [...(before?.identities ?? []), ...head.identities]);
  const known = await fragments.load(sandbox, identities);
  const isEnabled = (dataset: string): boolean => datasets.get(dataset)?.profileEnabled ?? false;
  return new Map(concerned.map((one) => [one, mergeRecords(one, known, defaultPolicy, isEnabled)]));
}
