import { isFields, type ReadRow, readInstant, readTruth, refuseRow } from '../../../platform/http/object-rows';
import type { ExternalMember } from '../use-cases/import-audience';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The member that a row names: `{ namespace, value }`, `{ identity: { namespace, value } }`, or an `identityMap`, whose
 * primary identity counts, else its first; and `validUntil` and `remove`.
 * @param namespace of rows that name none
 */
export function readMember(row: Fields, namespace: string | undefined): ReadRow<ExternalMember> {
  const identity = identityOf(row, namespace);
  if (!identity) return refuseRow('identity', 'The row names no identity: a namespace and a value.');
  const validUntilMs = readInstant(row.validUntil);
  if (Number.isNaN(validUntilMs)) return refuseRow('validUntil', `"${String(row.validUntil)}" is no instant.`);
  const remove = readTruth(row.remove);
  if (remove === undefined) return refuseRow('remove', `"${String(row.remove)}" is neither true nor false.`);
  return { value: { identity, remove, ...(validUntilMs !== undefined && { validUntilMs }) } };
}

function identityOf(fields: Fields, namespace: string | undefined): ExternalMember['identity'] | undefined {
  const found = isFields(fields.identity) ? fields.identity : (identityOfMap(fields.identityMap) ?? fields);
  const { namespace: code = namespace, value } = found;
  if (typeof code !== 'string' || (typeof value !== 'string' && typeof value !== 'number')) return undefined;
  return { namespace: code, value: String(value) };
}

function identityOfMap(map: unknown): Fields | undefined {
  if (!isFields(map)) return undefined;
  const identities = Object.entries(map).flatMap(([namespace, list]) =>
    Array.isArray(list) ? list.filter(isFields).map(({ id, primary }) => ({ namespace, value: id, primary })) : [],
  );
  return identities.find(({ primary }) => primary === true) ?? identities[0];
}
