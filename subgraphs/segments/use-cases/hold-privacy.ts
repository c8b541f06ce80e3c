import type { DispatchTraces } from '../../../flow/dispatch-traces';
import type { MembershipChanged } from '../../../flow/events';
import type { Forget } from '../../../flow/forgetting';
import type { PrivacyHolder, PrivacySubject } from '../../../flow/ports';
import type { EventLog } from '../../../platform/store/event-log';
import type { Plan } from '../domain/plan';
import type { PersonRowStore, RowsQuery } from '../store/person-rows';
import type { StateStore } from '../store/state-store';
import { MEMBERSHIP_CHANGED } from './qualification-tail';

/** What holding for privacy jobs stands on. */
export interface HoldPrivacyDependencies {
  readonly rows: PersonRowStore;
  readonly states: StateStore;
  readonly dispatch: DispatchTraces;
  /** Empties the memory of this process. */
  readonly forget: Forget;
  readonly log: EventLog;
  readonly plan: (sandbox: string) => Promise<Plan>;
  /** The ids of all segments there ever were. */
  readonly segmentIds: (sandbox: string) => Promise<readonly string[]>;
}

const MOST_ANNOUNCEMENTS = 100_000;

/** Memberships, announcements, and rows of audiences from elsewhere, for privacy jobs (P-19). */
export function createHoldPrivacy(dependencies: HoldPrivacyDependencies): PrivacyHolder {
  const { rows, dispatch, forget, segmentIds } = dependencies;
  const toQuery = async (sandbox: string, { profileIds, identities }: PrivacySubject): Promise<RowsQuery> => ({
    profileIds,
    identityKeys: identities.map(({ namespace, value }) => `${namespace}|${value}`),
    segmentIds: await segmentIds(sandbox),
  });
  return {
    name: 'segments',
    async gather(sandbox, subject) {
      const found = await rows.find(sandbox, await toQuery(sandbox, subject));
      const memberships = await membershipsOf(dependencies, sandbox, subject.profileIds);
      const announcements = await announcementsOf(dependencies, sandbox, subject.profileIds);
      const deadLetters = await dispatch.deadLetters(sandbox, subject.profileIds);
      const document = {
        memberships,
        importedAudiences: found.imports.flatMap(({ id, value }) => toImported(id, value.audiences)),
        announcements: { count: announcements.length, list: announcements },
        evaluations: found.states.map(({ id, value }) => ({ profileId: id, ...value })),
        deadLetters: deadLetters.map(({ id, value }) => ({ id, ...value })),
      };
      const { states: evaluated, members, imports, due } = found;
      const stored = evaluated.length + members.length + imports.length + due.length;
      return { found: stored + announcements.length + deadLetters.length, document };
    },
    async erase(sandbox, subject, atOnce) {
      const { profileIds } = subject;
      // Until the end of the profile was evaluated, its exits are not announced.
      if (!atOnce && !(await dispatch.isHandled(sandbox, profileIds))) return { found: 0, removed: 0, pending: 1 };
      const erased = await rows.erase(sandbox, await toQuery(sandbox, subject));
      const letters = await dispatch.eraseDeadLetters(sandbox, profileIds);
      forget(sandbox, profileIds);
      return { found: erased + letters, removed: erased + letters, pending: 0 };
    },
  };
}

async function membershipsOf(
  { states, plan }: HoldPrivacyDependencies,
  sandbox: string,
  profileIds: readonly string[],
): Promise<readonly object[]> {
  const known = await states.load(sandbox, profileIds, await plan(sandbox));
  return known.flatMap(({ profileId, evaluated }) =>
    [...evaluated.memberships].map(([segmentId, { atMs, ...rest }]) => ({
      profileId,
      segmentId,
      ...rest,
      at: toIso(atMs),
    })),
  );
}

async function announcementsOf(
  { log }: HoldPrivacyDependencies,
  sandbox: string,
  profileIds: readonly string[],
): Promise<readonly object[]> {
  const found = await Promise.all(
    profileIds.map((id) => log.readKey<MembershipChanged>(MEMBERSHIP_CHANGED, sandbox, id, MOST_ANNOUNCEMENTS)),
  );
  return found.flat().map(({ body: { atMs, ...rest } }) => ({ ...rest, at: toIso(atMs) }));
}

function toImported(identity: string, audiences: unknown): readonly object[] {
  return Object.entries((audiences ?? {}) as Readonly<Record<string, readonly [number]>>).map(
    ([audience, [untilMs]]) => ({
      identity,
      audience,
      validUntil: toIso(untilMs),
    }),
  );
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}
