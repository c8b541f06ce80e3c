/** What a namespace's values name: people, or the things that they use. */
export type NamespaceType = 'CROSS_DEVICE' | 'EMAIL' | 'PHONE' | 'DEVICE' | 'COOKIE';
export type Normalization = 'NONE' | 'LOWER_CASE' | 'E164';

/** A kind of identity (P-8). */
export interface Namespace {
  readonly type: NamespaceType;
  /** 1 is best. */
  readonly priority: number;
  /** At most one value per person. */
  readonly unique: boolean;
  readonly normalization: Normalization;
}

/** By code; codes are case-sensitive. */
export type Namespaces = ReadonlyMap<string, Namespace>;

const namespace = (
  type: NamespaceType,
  priority: number,
  rest: { unique?: boolean; normalization?: Normalization } = {},
): Namespace => ({ type, priority, unique: rest.unique ?? false, normalization: rest.normalization ?? 'NONE' });

/** Those that are there without configuration (P-8). A definition of the same code takes its place. */
export const STANDARD_NAMESPACES: Namespaces = new Map([
  ['CRMID', namespace('CROSS_DEVICE', 1, { unique: true })],
  ['Email', namespace('EMAIL', 2)],
  ['Email_LC_SHA256', namespace('EMAIL', 2, { normalization: 'LOWER_CASE' })],
  ['Phone_E164', namespace('PHONE', 3)],
  ['Phone_SHA256', namespace('PHONE', 3, { normalization: 'LOWER_CASE' })],
  ['IDFA', namespace('DEVICE', 4)],
  ['GAID', namespace('DEVICE', 4)],
  ['ECID', namespace('COOKIE', 5)],
]);

/** True when values of the namespace name a browser or device, not a person. */
export function isAnonymousType(type: NamespaceType): boolean {
  return type === 'COOKIE' || type === 'DEVICE';
}
