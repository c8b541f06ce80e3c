import { resolve } from 'node:path';
import { createAttune } from '../../attune';
import { ConfigurationError, type Environment } from '../../config';
import type { PlatformParts } from '../../platform-parts';
import { rulesOf, storeOf } from '../../serve';
import { requireKey, requireUrl } from '../server-address';
import { createHttpTarget } from './http-target';
import { createInProcessTarget } from './in-process-target';
import type { ImportTarget } from './target';

/** Where an import goes, as it is said on the command line. */
export interface TargetFlags {
  readonly dataset?: string;
  readonly audience?: string;
  readonly provider?: string;
  readonly name?: string;
  readonly validDays?: number;
  readonly labels?: string;
  readonly namespace?: string;
  readonly url?: string;
  readonly key?: string;
}

/** Opens what takes the rows: a running server, or Attune in this process. */
export async function openImportTarget(
  flags: TargetFlags,
  environment: Environment,
  parts: PlatformParts,
): Promise<ImportTarget> {
  const path = flags.audience === undefined ? {} : { path: toAudience(flags) };
  const { clock } = parts;
  if (flags.url !== undefined) {
    const given = flags.key ?? environment.ATTUNE_SERVER_KEY ?? environment.ATTUNE_ADMIN_KEY;
    const key = requireKey(given, 'ATTUNE_SERVER_KEY');
    return createHttpTarget({ url: requireUrl(flags.url), key, clock, ...path });
  }
  const attune = await createAttune({ ...parts, store: storeOf(environment), ...rulesOf(environment) });
  const target =
    flags.audience === undefined
      ? createInProcessTarget(attune.ingestion, clock)
      : createHttpTarget({ url: (await attune.listen(0)).url, key: attune.adminKey, clock, ...path });
  return {
    ...target,
    name: environment.MONGODB_URI === undefined ? resolve(environment.ATTUNE_DATA) : 'MongoDB',
    async close() {
      await target.close();
      await attune.idle();
      await attune.close();
    },
  };
}

/** What is imported into; exactly one of a dataset and an audience must be named, and an audience's provider with it. */
export function destinationOf({ dataset, audience, provider }: TargetFlags): string {
  if (dataset !== undefined && audience === undefined) return dataset;
  if (audience === undefined || dataset !== undefined) {
    throw new ConfigurationError('Say what takes the rows: --dataset ID, or --audience ID with --provider NAME.');
  }
  if (provider === undefined) throw new ConfigurationError('An audience comes from a named provider: --provider NAME.');
  return audience;
}

function toAudience({ provider, name, validDays, labels, namespace }: TargetFlags): (audience: string) => string {
  const named = { provider, name, validDays: validDays?.toString(), labels, namespace };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(named)) if (value !== undefined) query.set(key, value);
  return (audience) => `/audiences/${encodeURIComponent(audience)}?${query}`;
}
