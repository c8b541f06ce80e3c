import type { ExternalMember } from '../use-cases/import-audience';

type Fields = Readonly<Record<string, unknown>>;

/** A row that names no member. */
export interface RowRefusal {
  readonly code: 'BAD_USER_INPUT';
  readonly path: string;
  readonly message: string;
}

/** The member of a row, or what is wrong with it. */
export type ReadMember = { readonly member: ExternalMember } | { readonly refusal: RowRefusal };

/**
 * The member that a row names: `{ namespace, value }`, `{ identity: { namespace, value } }`, or an `identityMap`, whose
 * primary identity counts, else its first; and `validUntil` and `remove`.
 * @param namespace of rows that name none
 */
export function readMember(row: unknown, namespace: string | undefined): ReadMember {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return refuse('', 'A member is an object.');
  const fields = row as Fields;
  const identity = identityOf(fields, namespace);
  if (!identity) return refuse('identity', 'The row names no identity: a namespace and a value.');
  const validUntilMs = toInstant(fields.validUntil);
  if (Number.isNaN(validUntilMs)) return refuse('validUntil', `"${String(fields.validUntil)}" is no instant.`);
  const remove = toTruth(fields.remove);
  if (remove === undefined) return refuse('remove', `"${String(fields.remove)}" is neither true nor false.`);
  return { member: { identity, remove, ...(validUntilMs !== undefined && { validUntilMs }) } };
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

function toInstant(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
}

function toTruth(value: unknown): boolean | undefined {
  if (value === undefined || value === null || value === '') return false;
  const text = String(value).toLowerCase();
  return text === 'true' || (text === 'false' ? false : undefined);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(path: string, message: string): ReadMember {
  return { refusal: { code: 'BAD_USER_INPUT', path, message } };
}
