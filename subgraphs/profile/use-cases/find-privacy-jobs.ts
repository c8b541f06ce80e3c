import type { Stored } from '../../../platform/store/store';
import type { PrivacyState } from '../domain/privacy';
import type { Job, JobStore } from '../store/job-store';

export const PRIVACY_JOB = 'PRIVACY';

/** A privacy job as it is kept. */
export interface PrivacyJob extends Job {
  readonly state: PrivacyState & Readonly<Record<string, unknown>>;
}

/** The privacy jobs about anybody whom these hashes stand for, whichever of their identities was asked for; by id. */
export async function findPrivacyJobs(
  jobStore: JobStore,
  sandbox: string,
  hashes: readonly string[],
): Promise<readonly Stored<PrivacyJob>[]> {
  const wanted = new Set(hashes);
  return (await jobStore.ofKind(sandbox, PRIVACY_JOB)).filter((job): job is Stored<PrivacyJob> =>
    (job as Stored<PrivacyJob>).value.state.hashes.some((hash) => wanted.has(hash)),
  );
}
