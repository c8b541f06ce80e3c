import { AppError } from '../../../platform/errors';

/** Who shares audiences with others, and how many it may (S-17). */
export interface AudienceSource {
  readonly name: string;
  /** How many audiences it may share at once; `null`: as many as it likes. */
  readonly quota: number | null;
}

/** What a source shares: segment → since when, in milliseconds. */
export interface Shares {
  readonly segments: Readonly<Record<string, number>>;
}

/** How many audiences a source may share that nothing was said of. */
export const DEFAULT_QUOTA = 75;

/** What the source shares with `segmentId` among it: the same object when it already is. Fails with LIMIT_EXCEEDED. */
export function addShare(
  before: Shares | undefined,
  segmentId: string,
  { source, quota, nowMs }: { readonly source: string; readonly quota: number | null; readonly nowMs: number },
): Shares {
  const segments = before?.segments ?? {};
  if (before && segmentId in segments) return before;
  const shared = Object.keys(segments).length;
  if (quota !== null && shared >= quota) throw quotaReached(source, quota, shared);
  return { segments: { ...segments, [segmentId]: nowMs } };
}

/** What the source shares without `segmentId`. Fails with NOT_FOUND where it was not shared. */
export function removeShare(before: Shares | undefined, segmentId: string, source: string): Shares {
  const { [segmentId]: sinceMs, ...segments } = before?.segments ?? {};
  if (sinceMs !== undefined) return { segments };
  throw new AppError('NOT_FOUND', `${source} does not share ${segmentId}.`, { details: { source, id: segmentId } });
}

function quotaReached(source: string, quota: number, shared: number): AppError {
  const audiences = `${shared} ${shared === 1 ? 'audience' : 'audiences'}`;
  const message = `${source} shares ${audiences} already, and its quota is ${quota}: unshare one, or raise the quota.`;
  return new AppError('LIMIT_EXCEEDED', message, { details: { source, limit: 'sharedAudiences', quota, shared } });
}
