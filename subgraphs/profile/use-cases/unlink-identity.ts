import type { IdentityRef } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import type { Head, Person } from '../domain/head';
import { identityValueOf, namespaceOf } from '../domain/identity';
import { type Item, itemKey } from '../domain/item';
import type { Pipeline } from './pipeline';
import type { ProfileReads } from './read-profiles';

/** The person that stays, and what the cut identity is now. */
export interface Unlinked {
  readonly profile: Person | undefined;
  readonly unlinked: Person | undefined;
}

/**
 * Cuts an identity out of a person (P-10): its links so far no longer count, and events and attributes go back to where
 * they came from. Fails with NOT_FOUND when it is none of theirs.
 */
export type UnlinkIdentity = (sandbox: string, profile: IdentityRef, identity: IdentityRef) => Promise<Unlinked>;

/** Over the pipeline, as everything that changes people. */
export function createUnlinkIdentity(dependencies: {
  readonly pipeline: Pipeline;
  readonly reads: ProfileReads;
  readonly clock: Clock;
  readonly ids: Ids;
}): UnlinkIdentity {
  const { pipeline, reads, clock, ids } = dependencies;
  return async (sandbox, profile, identity) => {
    const [stays, cut] = await Promise.all([reads.find(sandbox, profile), reads.find(sandbox, identity)]);
    if (!stays) throw new AppError('NOT_FOUND', 'There is no such profile.', { details: { path: 'profile' } });
    if (cut?.person.id !== stays.person.id) {
      throw new AppError('NOT_FOUND', 'The identity is none of that profile.', { details: { path: 'identity' } });
    }
    const keys = withDerived(stays.person.head, cut.identity);
    if (keys.includes(stays.identity)) {
      throw new AppError('BAD_USER_INPUT', 'An identity cannot be cut from itself or from what is derived from it.', {
        details: { path: 'identity' },
      });
    }
    await pipeline.submit(sandbox, { items: [toCut(ids.next(), keys, cutAt(stays.person.head, keys, clock.now()))] });
    const [after, alone] = await Promise.all([reads.find(sandbox, profile), reads.find(sandbox, identity)]);
    return { profile: after?.person, unlinked: alone?.person };
  };
}

// A value and its hash are one name: they go together.
function withDerived({ links }: Head, identity: string): readonly string[] {
  const keys = new Set([identity]);
  for (const key of keys) {
    for (const { from, to, derived } of links) {
      if (derived && from === key) keys.add(to);
      if (derived && to === key) keys.add(from);
    }
  }
  return [...keys];
}

// Also what was seen "later", by a clock that is ahead of ours, is cut.
function cutAt({ links }: Head, keys: readonly string[], nowMs: number): number {
  const times = links.filter(({ from, to }) => keys.includes(from) || keys.includes(to)).map(({ atMs }) => atMs);
  return Math.max(nowMs, ...times);
}

const DATASET = 'unlinkIdentity';

function toCut(id: string, keys: readonly string[], atMs: number): Item {
  const identities = keys.map((key) => ({
    key,
    namespace: namespaceOf(key),
    value: identityValueOf(key),
    state: 'AMBIGUOUS' as const,
  }));
  const [owner = ''] = keys;
  const base = { kind: 'CUT', dataset: DATASET, id, key: itemKey(DATASET, id), atMs, enabled: true } as const;
  return { ...base, owner, identities, links: [], data: {}, json: '{}' };
}
