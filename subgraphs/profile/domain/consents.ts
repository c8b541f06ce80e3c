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

export type Purpose = (typeof PURPOSES)[number];

/**
 * What a purpose counts as about which a person said nothing, where it is not the usual: granted for `collect` and
 * `personalize`, denied for the others.
 */
export type UnknownConsents = Readonly<Partial<Record<Purpose, 'GRANTED' | 'DENIED'>>>;

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

/** The status of each purpose about which the person said something, or which counts as `unknown` says. */
export function statusesOf(
  identities: Head['identities'],
  unknown: UnknownConsents,
): Readonly<Record<string, ConsentStatus>> {
  const said = [...mergeConsents(identities)].map(([purpose, { status }]) => [purpose, status] as const);
  const isSilent = ([, status]: (typeof said)[number]): boolean => status === 'UNKNOWN';
  return {
    ...Object.fromEntries(said.filter(isSilent)),
    ...unknown,
    ...Object.fromEntries(said.filter((each) => !isSilent(each))),
  };
}

/**
 * True when data may be collected about people who are named together: none of them denies it, and where silence is a
 * denial, one of them grants it.
 */
export function mayCollect(people: readonly Head[], unknown: UnknownConsents): boolean {
  const said = people.flatMap(({ identities }) => {
    const speaks = identities.some(({ consents }) => consents.length > 0);
    return speaks ? (mergeConsents(identities).get('collect')?.status ?? []) : [];
  });
  return !said.includes('DENIED') && (unknown.collect !== 'DENIED' || said.includes('GRANTED'));
}
