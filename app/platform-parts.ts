import { createSystemClock } from '../platform/clock';
import { createUlids } from '../platform/ids';
import { createLog } from '../platform/log';
import { createMetrics } from '../platform/metrics';
import type { Platform } from '../platform/platform';
import type { Environment } from './config';

/** The platform before its store is open. */
export type PlatformParts = Omit<Platform, 'store'>;

/** Clock, ids, log and metrics of a process, as its settings say. */
export function createPlatformParts({ ATTUNE_LOG_LEVEL }: Environment): PlatformParts {
  return {
    clock: createSystemClock(),
    ids: createUlids(),
    log: createLog(ATTUNE_LOG_LEVEL),
    metrics: createMetrics({ process: true }),
  };
}
