import type { IdentityRef } from '../../../flow/ports';
import { ItemFault } from './item-fault';
import { type IdentityRules, toIdentity } from './parse-identities';

/** A link of an import, as it was sent. */
export interface SentDeviceLink {
  readonly from: IdentityRef;
  readonly to: IdentityRef;
  readonly validUntilMs?: number | undefined;
  /** True: it is no more. */
  readonly remove: boolean;
}

/** Its ends by their keys, and until when it holds; absent: no more. */
export interface ParsedDeviceLink {
  readonly from: string;
  readonly to: string;
  readonly untilMs?: number;
}

/** The link that was sent. Fails with an ItemFault where an end names nobody, or it is over already. */
export function parseDeviceLink(
  { from, to, validUntilMs, remove }: SentDeviceLink,
  rules: IdentityRules & { readonly nowMs: number; readonly defaultUntilMs: number },
): ParsedDeviceLink {
  const keyOf = ({ namespace, value }: IdentityRef, path: string): string =>
    toIdentity(namespace, value, 'AMBIGUOUS', rules, path).key;
  const ends = { from: keyOf(from, 'from'), to: keyOf(to, 'to') };
  if (ends.from === ends.to)
    throw new ItemFault('INVALID_IDENTITY', 'to', 'A link leads from one identity to another.');
  if (remove) return ends;
  const untilMs = validUntilMs ?? rules.defaultUntilMs;
  if (untilMs <= rules.nowMs) throw new ItemFault('INVALID_TIMESTAMP', 'validUntil', 'It is over already.');
  return { ...ends, untilMs };
}
