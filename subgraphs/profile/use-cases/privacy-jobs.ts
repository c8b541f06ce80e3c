import type { IdentityRef } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import type { Stored } from '../../../platform/store/store';
import { identityKey, normalize } from '../domain/identity';
import type { PrivacyJobKind, PrivacyState } from '../domain/privacy';
import { type Job, type JobStore, newJob } from '../store/job-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { hashOfIdentity } from '../store/tombstone-store';
import type { Jobs } from './jobs';
import type { ProfileReads } from './read-profiles';

export const PRIVACY_JOB = 'PRIVACY';

/** A privacy job as it is kept. */
export interface PrivacyJob extends Job {
  readonly state: PrivacyState & Readonly<Record<string, unknown>>;
}

/** Asks for everything about a person, or for its removal (P-19). */
export interface PrivacyJobs {
  /** Fails with BAD_USER_INPUT for an unknown namespace, with UNAVAILABLE while other subgraphs do not take part. A request that runs, or left nothing to do, is answered with it. */
  create(sandbox: string, identity: IdentityRef, kind: PrivacyJobKind): Promise<Stored<PrivacyJob>>;
  find(sandbox: string, id: string): Promise<Stored<PrivacyJob> | undefined>;
}

export interface PrivacyJobDependencies {
  readonly jobs: Jobs;
  readonly jobStore: JobStore;
  readonly reads: ProfileReads;
  readonly configuration: ProfileConfiguration;
  readonly clock: Clock;
  readonly ids: Ids;
  /** False while the other subgraphs do not take part: a job that leaves something behind must not begin. */
  readonly isConnected: boolean;
}

/** Over the jobs. Identities are kept as hashes once a job is done. */
export function createPrivacyJobs(dependencies: PrivacyJobDependencies): PrivacyJobs {
  const { jobs, jobStore, reads, clock, ids } = dependencies;
  const find = async (sandbox: string, id: string): Promise<Stored<PrivacyJob> | undefined> => {
    const job = await jobStore.get(sandbox, id);
    return job?.value.kind === PRIVACY_JOB ? (job as Stored<PrivacyJob>) : undefined;
  };
  return {
    find,
    async create(sandbox, identity, kind) {
      if (!dependencies.isConnected) throw notConnected();
      const key = await keyOf(dependencies.configuration, sandbox, identity);
      const subject = hashOfIdentity(sandbox, key);
      const known = await reads.find(sandbox, identity);
      const before = (await jobStore.about(sandbox, subject)) as readonly Stored<PrivacyJob>[];
      const same = before.findLast(({ value }) => value.state.request === kind && answers(value, known !== undefined));
      if (same) return same;
      const id = ids.next();
      const { namespace, value } = identity;
      const state: PrivacyState = {
        request: kind,
        reports: [],
        hashes: [subject],
        subject: { profileIds: [], identities: [{ namespace, value: key.slice(namespace.length + 1) || value }] },
      };
      const job = newJob(PRIVACY_JOB, clock.now(), { ...state });
      await jobStore.save(sandbox, id, { ...job, subject }, 0);
      void jobs.run(sandbox, id);
      return { id, version: 1, value: (await find(sandbox, id))?.value ?? ({ ...job, subject } as PrivacyJob) };
    },
  };
}

function notConnected(): AppError {
  const why = 'Privacy jobs are not open yet: segments, offers and destinations do not take part in them.';
  return new AppError('UNAVAILABLE', why, { retryable: false });
}

// One that runs answers for both. One that is done does where nothing came since: it removed everybody there was.
function answers({ openSinceMs, state }: PrivacyJob, isKnown: boolean): boolean {
  return openSinceMs !== undefined || (state.request === 'DELETE' && !isKnown);
}

async function keyOf(
  configuration: ProfileConfiguration,
  sandbox: string,
  { namespace, value }: IdentityRef,
): Promise<string> {
  const rules = (await configuration.settings(sandbox)).namespaces.get(namespace);
  if (!rules) {
    throw new AppError('BAD_USER_INPUT', `There is no namespace ${namespace}.`, {
      details: { path: 'identity.namespace' },
    });
  }
  return identityKey(namespace, normalize(value, rules.normalization) ?? value);
}
