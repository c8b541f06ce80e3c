import { datasetOf, type Item, itemIdOf } from '../domain/item';
import { type Belonging, type IdentityRules, toBelonging } from '../domain/parse-identities';
import { type ItemRow, type KeptEvent, type KeptRecord, whoSent } from './item-documents';

/** A kept event as it came, by the present namespaces. `undefined` when only its id is remembered. */
export function eventToItem({ id, value }: KeptEvent, rules: IdentityRules): Item | undefined {
  const whose = belongingOf(value, rules);
  const { data, timestampMs } = value;
  if (!data || !whose) return undefined;
  const base = { kind: 'EVENT', dataset: datasetOf(id), id: itemIdOf(id), key: id, atMs: timestampMs } as const;
  return { ...base, enabled: true, ...whose, data, json: '' };
}

/** A kept record, or sighting, as it came, by the present namespaces. */
export function recordToItem({ id, value }: KeptRecord, rules: IdentityRules): Item | undefined {
  const whose = belongingOf(value, rules);
  if (!whose) return undefined;
  const kind = value.sighting ? 'SIGHTING' : 'RECORD';
  const base = { kind, dataset: datasetOf(id), id: value.item, key: id, atMs: value.atMs } as const;
  return { ...base, enabled: true, ...whose, data: value.data, json: '' };
}

// What was sent when other limits or namespaces held is taken as far as it goes.
function belongingOf(row: ItemRow, rules: IdentityRules): Belonging | undefined {
  const sent = whoSent(row).filter(({ namespace }) => rules.namespaces.has(namespace));
  if (sent.length === 0) return undefined;
  return toBelonging(sent, { ...rules, limits: { ...rules.limits, identitiesPerItem: sent.length } });
}
