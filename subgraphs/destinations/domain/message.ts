import type { ProfileSnapshot } from '../../../flow/ports';
import type { Destination } from './destination';
import { type IdentityMap, toIdentityMap } from './identity-map';
import { compileMapping, type Mapping } from './mapping';

/** A change of one person's membership that a destination is to hear of. */
export interface Membership {
  readonly segment: string;
  readonly status: 'REALIZED' | 'EXITED';
  /** When it became so, in milliseconds. */
  readonly qualifiedAtMs: number;
}

/** What is to be sent, or why it cannot be. */
export type Composition =
  | { readonly kind: 'message'; readonly body: string; readonly identityMap: IdentityMap }
  | { readonly kind: 'skip'; readonly reason: string };

/** What messages to one destination are made with. */
export interface Composer {
  /** The identities by which this destination knows the person. */
  identityMap(profile: ProfileSnapshot): IdentityMap | undefined;
  /**
   * The message of A-4. An exit goes to the identity that was sent before (`known`), and needs no mapped field.
   * @param profile `undefined` when the person is no more
   */
  compose(
    profile: ProfileSnapshot | undefined,
    membership: Membership,
    known: IdentityMap | undefined,
    nowMs: number,
  ): Composition;
}

/** Compiles the mapping of a destination once. `timeZone`: the IANA zone of days in it. */
export function createComposer({ identities, mapping }: Destination, timeZone: string): Composer {
  const fill: Mapping = compileMapping(mapping, timeZone);
  const identityMap: Composer['identityMap'] = (profile) => toIdentityMap(identities, profile.identities);
  return {
    identityMap,
    compose(profile, membership, known, nowMs) {
      const exit = membership.status === 'EXITED';
      const map = (exit ? known : undefined) ?? (profile && identityMap(profile));
      if (!map) return { kind: 'skip', reason: profile ? 'missing identity' : 'profile is gone' };
      const person = profile ? { ...profile.attributes, computedAttributes: profile.computedAttributes } : {};
      const mapped = fill(person, nowMs);
      if (!mapped.ok && !exit) return { kind: 'skip', reason: `missing field ${mapped.missing}` };
      return { kind: 'message', body: toBody(mapped.ok ? mapped.fields : {}, membership, map), identityMap: map };
    },
  };
}

function toBody(
  fields: Readonly<Record<string, unknown>>,
  { segment, status, qualifiedAtMs }: Membership,
  identityMap: IdentityMap,
): string {
  const lastQualificationTime = new Date(qualifiedAtMs).toISOString();
  const ups = { [segment]: { status: status === 'REALIZED' ? 'realized' : 'exited', lastQualificationTime } };
  return JSON.stringify({ ...fields, segmentMembership: { ups }, identityMap });
}
