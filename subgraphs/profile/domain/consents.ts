import type { Head, OwnedConsent } from './head';
import { compareText } from './identity-graph';
import type { ConsentStatus } from './item';

/** What may be agreed to (P-18). */
export const PURPOSES = [
  'collect',
  'personalize',
  'share',
  'marketing.email',
  'marketing.sms',
  'marketing.push',
  'marketing.ads',
] as const;

const STRENGTH: Readonly<Record<ConsentStatus, number>> = { UNKNOWN: 0, GRANTED: 1, DENIED: 2 };

/** The one of two statements on a purpose that holds: the newer, for equal times the denial. */
function strongerConsent(a: OwnedConsent, b: OwnedConsent): OwnedConsent {
  if (a.atMs !== b.atMs) return a.atMs > b.atMs ? a : b;
  const difference = STRENGTH[a.status] - STRENGTH[b.status] || compareText(a.source, b.source);
  return difference >= 0 ? a : b;
}

/** `consents` with one more statement. */
export function addConsent(consents: readonly OwnedConsent[], added: OwnedConsent): readonly OwnedConsent[] {
  const known = consents.find(({ purpose }) => purpose === added.purpose);
  if (!known) return [...consents, added];
  const holds = strongerConsent(known, added);
  return holds === known ? consents : consents.map((each) => (each === known ? added : each));
}

/** What holds for each purpose among the identities of a person. */
export function mergeConsents(identities: Head['identities']): ReadonlyMap<string, OwnedConsent> {
  const merged = new Map<string, OwnedConsent>();
  for (const { consents } of identities) {
    for (const consent of consents) {
      const known = merged.get(consent.purpose);
      merged.set(consent.purpose, known ? strongerConsent(known, consent) : consent);
    }
  }
  return merged;
}

/** True when one of the person's identities denies that data is collected. */
export function deniesCollect(identities: Head['identities']): boolean {
  return (
    identities.some(({ consents }) => consents.length > 0) &&
    mergeConsents(identities).get('collect')?.status === 'DENIED'
  );
}
