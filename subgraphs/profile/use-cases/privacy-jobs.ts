import type { IdentityRef, PrivacyHolder, PrivacySubject } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import type { Stored } from '../../../platform/store/store';
import { normalize } from '../domain/identity';
import type { PrivacyJobKind, PrivacyState } from '../domain/privacy';
import { type JobStore, newJob } from '../store/job-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { hashOfIdentity } from '../store/tombstone-store';
import { keysOf } from './expand-person';
import { findPersonRows, type PersonRowDependencies } from './find-person-rows';
import { findPrivacyJobs, PRIVACY_JOB, type PrivacyJob } from './find-privacy-jobs';
import type { Jobs } from './jobs';
import type { ProfileReads } from './read-profiles';

/** Asks for everything about a person, or for its removal (P-19). */
export interface PrivacyJobs {
  /**
   * Fails with BAD_USER_INPUT for an unknown namespace. A request that runs, or left nothing to do, is answered with it,
   * whichever of the person's identities it was about.
   */
  create(sandbox: string, identity: IdentityRef, kind: PrivacyJobKind): Promise<Stored<PrivacyJob>>;
  find(sandbox: string, id: string): Promise<Stored<PrivacyJob> | undefined>;
}

export interface PrivacyJobDependencies extends PersonRowDependencies {
  readonly jobs: Jobs;
  readonly jobStore: JobStore;
  readonly reads: ProfileReads;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly holders: () => readonly PrivacyHolder[];
}

/** Over the jobs. Identities are kept as hashes once a job is done. */
export function createPrivacyJobs(dependencies: PrivacyJobDependencies): PrivacyJobs {
  const { jobs, jobStore, clock, ids } = dependencies;
  const find = async (sandbox: string, id: string): Promise<Stored<PrivacyJob> | undefined> => {
    const job = await jobStore.get(sandbox, id);
    return job?.value.kind === PRIVACY_JOB ? (job as Stored<PrivacyJob>) : undefined;
  };
  const findSame = async (
    sandbox: string,
    subject: PrivacySubject,
    hashes: readonly string[],
    kind: PrivacyJobKind,
  ) => {
    const before = (await findPrivacyJobs(jobStore, sandbox, hashes)).filter(
      ({ value }) => value.state.request === kind,
    );
    const last = before.at(-1);
    if (!last || last.value.openSinceMs !== undefined) return last;
    return kind === 'DELETE' && !(await isAnythingHeld(dependencies, sandbox, subject)) ? last : undefined;
  };
  return {
    find,
    async create(sandbox, identity, kind) {
      const asked = await toAsked(dependencies.configuration, sandbox, identity);
      const subject: PrivacySubject = { profileIds: [], identities: [asked] };
      const hashes = keysOf(subject).map((key) => hashOfIdentity(sandbox, key));
      const same = await findSame(sandbox, subject, hashes, kind);
      if (same) return same;
      const id = ids.next();
      const state: PrivacyState = { request: kind, reports: [], hashes, asked };
      const job = newJob(PRIVACY_JOB, clock.now(), { ...state });
      await jobStore.save(sandbox, id, job, 0);
      void jobs.run(sandbox, id);
      return { id, version: 1, value: (await find(sandbox, id))?.value ?? (job as PrivacyJob) };
    },
  };
}

// One that is done removed everybody there was: it answers for the next as long as nothing came since.
async function isAnythingHeld(
  { reads, holders, ...rows }: PrivacyJobDependencies,
  sandbox: string,
  subject: PrivacySubject,
): Promise<boolean> {
  const [asked] = subject.identities;
  if (asked && (await reads.find(sandbox, asked))) return true;
  const { events, records, traces } = await findPersonRows(rows, sandbox, subject);
  const told = [...traces.requests, ...traces.failedItems, ...traces.batchItems];
  if (events.length + records.length + told.length > 0) return true;
  for (const holder of holders()) if ((await holder.gather(sandbox, subject)).found > 0) return true;
  return false;
}

async function toAsked(
  configuration: ProfileConfiguration,
  sandbox: string,
  { namespace, value }: IdentityRef,
): Promise<IdentityRef> {
  const rules = (await configuration.settings(sandbox)).namespaces.get(namespace);
  if (!rules) {
    throw new AppError('BAD_USER_INPUT', `There is no namespace ${namespace}.`, {
      details: { path: 'identity.namespace' },
    });
  }
  return { namespace, value: normalize(value, rules.normalization) ?? value };
}
