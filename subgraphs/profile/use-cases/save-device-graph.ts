import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import type { Stored } from '../../../platform/store/store';
import type { DeviceGraph } from '../domain/device-graph';
import { jobWrite, newJob } from '../store/job-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { FORGET_LINKS_JOB, forgetLinksJobId } from './forget-device-links';
import type { DefinitionUseCases } from './save-definition';

/** What a caller says of a device graph. */
export interface DeviceGraphDraft extends Omit<DeviceGraph, 'linksId'> {
  readonly id: string;
}

/** The verbs over device graphs (S-19). */
export interface DeviceGraphs {
  all(sandbox: string): Promise<ReadonlyMap<string, Stored<DeviceGraph>>>;
  /** Fails with BAD_USER_INPUT when it is not sound, CONFLICT when `expectedVersion` is not the current one. */
  put(sandbox: string, draft: DeviceGraphDraft, expectedVersion?: number): Promise<Stored<DeviceGraph>>;
  /** Its links go too. Fails with NOT_FOUND, and with CONFLICT, `usedBy`, while a merge policy names it. */
  delete(sandbox: string, id: string): Promise<void>;
}

export interface DeviceGraphDependencies {
  readonly configuration: ProfileConfiguration;
  readonly definitions: DefinitionUseCases<DeviceGraph>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Runs a job in the background. */
  readonly run: (sandbox: string, job: string) => Promise<void>;
}

/** A graph that begins anew under the id of a deleted one has none of its links. */
export function createDeviceGraphs(dependencies: DeviceGraphDependencies): DeviceGraphs {
  const { configuration, definitions, clock, ids, run } = dependencies;
  return {
    all: definitions.all,
    async put(sandbox, { id, ...draft }, expectedVersion) {
      const before = (await definitions.all(sandbox)).get(id);
      const linksId = before?.value.linksId ?? ids.next();
      return definitions.save(sandbox, id, { ...draft, linksId }, expectedVersion);
    },
    async delete(sandbox, id) {
      const { policies, deviceGraphs } = await configuration.settings(sandbox);
      const usedBy = [...policies.values()].filter(({ deviceGraph }) => deviceGraph === id).map(toUser);
      if (usedBy.length > 0) {
        const message = `The device graph ${id} is used by ${usedBy.join(', ')}.`;
        throw new AppError('CONFLICT', message, { retryable: false, details: { id, usedBy } });
      }
      const linksId = deviceGraphs.get(id)?.linksId ?? '';
      const job = forgetLinksJobId(linksId);
      const writes = [jobWrite(job, newJob(FORGET_LINKS_JOB, clock.now(), { linksId }))];
      await configuration.deviceGraphs.delete(sandbox, id, { writes });
      void run(sandbox, job);
    },
  };
}

function toUser({ id }: { readonly id: string }): string {
  return `mergePolicy:${id}`;
}
