import type { IdentityRef } from '../../../flow/ports';
import { isFields, type ReadRow, readInstant, readTruth, refuseRow } from '../../../platform/http/object-rows';
import type { SentDeviceLink } from '../domain/parse-device-link';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The link that a row names: its ends as `from` and `to`, each `{ namespace, value }` or a value alone, or as the columns
 * `from.namespace`, `from.value` …, or as the two identities of an `identityMap`; and `validUntil` and `remove`.
 * @param namespace of ends that name none
 */
export function readDeviceLink(row: Fields, namespace: string | undefined): ReadRow<SentDeviceLink> {
  const [first, second] = identitiesOf(row.identityMap);
  const from = endOf(row, 'from', namespace) ?? first;
  const to = endOf(row, 'to', namespace) ?? second;
  if (!from || !to) return refuseRow(from ? 'to' : 'from', 'A link names two identities, each by namespace and value.');
  const validUntilMs = readInstant(row.validUntil);
  if (Number.isNaN(validUntilMs)) return refuseRow('validUntil', `"${String(row.validUntil)}" is no instant.`);
  const remove = readTruth(row.remove);
  if (remove === undefined) return refuseRow('remove', `"${String(row.remove)}" is neither true nor false.`);
  return { value: { from, to, remove, ...(validUntilMs !== undefined && { validUntilMs }) } };
}

function endOf(row: Fields, name: 'from' | 'to', namespace: string | undefined): IdentityRef | undefined {
  const end = row[name];
  if (isFields(end)) return toIdentity(end.namespace ?? namespace, end.value);
  return toIdentity(row[`${name}.namespace`] ?? namespace, end ?? row[`${name}.value`]);
}

function identitiesOf(map: unknown): readonly IdentityRef[] {
  const lists = isFields(map) ? Object.entries(map) : [];
  const found = lists.flatMap(([namespace, list]) =>
    Array.isArray(list) ? list.filter(isFields).flatMap(({ id }) => toIdentity(namespace, id) ?? []) : [],
  );
  return found.length === 2 ? found : [];
}

function toIdentity(namespace: unknown, value: unknown): IdentityRef | undefined {
  if (typeof namespace !== 'string' || (typeof value !== 'string' && typeof value !== 'number')) return undefined;
  return { namespace, value: String(value) };
}
