import { resolve } from 'node:path';
import { ConfigurationError, type Environment } from '../../config';
import type { PlatformParts } from '../../platform-parts';
import { rulesOf, storeOf } from '../../settings';
import { requireKey, requireUrl } from '../server-address';
import { createHttpTarget } from './http-target';
import { createInProcessTarget } from './in-process-target';
import type { ImportTarget } from './target';

/** Where an import goes, as it is said on the command line. */
export interface TargetFlags {
  readonly dataset?: string;
  readonly audience?: string;
  readonly deviceGraph?: string;
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
  const path = pathOf(flags);
  const { clock } = parts;
  if (flags.url !== undefined) {
    const given = flags.key ?? environment.ATTUNE_SERVER_KEY ?? environment.ATTUNE_ADMIN_KEY;
    const key = requireKey(given, 'ATTUNE_SERVER_KEY');
    return createHttpTarget({ url: requireUrl(flags.url), key, clock, ...(path && { path }) });
  }
  const { createAttune } = await import('../../attune.js');
  const attune = await createAttune({ ...parts, store: storeOf(environment), ...rulesOf(environment) });
  const target =
    path === undefined
      ? createInProcessTarget(attune.ingestion, clock)
      : createHttpTarget({ url: (await attune.listen(0)).url, key: attune.adminKey, clock, path });
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

/** What is imported into: exactly one of a dataset, an audience and a device graph; with the latter two, their provider. */
export function destinationOf({ dataset, audience, deviceGraph, provider }: TargetFlags): string {
  const named = [dataset, audience, deviceGraph].filter((id) => id !== undefined);
  const [destination] = named;
  if (destination === undefined || named.length > 1) {
    const choice = '--dataset ID, --audience ID or --device-graph ID';
    throw new ConfigurationError(`Say what takes the rows: ${choice}, the latter two with --provider NAME.`);
  }
  if (dataset === undefined && provider === undefined) {
    throw new ConfigurationError('Audiences and device graphs come from a named provider: --provider NAME.');
  }
  return destination;
}

/** Where rows go that are no items; `undefined` for a dataset. */
function pathOf(flags: TargetFlags): ((destination: string) => string) | undefined {
  const { dataset, audience, provider, name, validDays, labels, namespace } = flags;
  if (dataset !== undefined) return undefined;
  const named = { provider, name, validDays: validDays?.toString(), labels, namespace };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(named)) if (value !== undefined) query.set(key, value);
  const door = audience === undefined ? 'device-graphs' : 'audiences';
  return (destination) => `/${door}/${encodeURIComponent(destination)}?${query}`;
}
