import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import { decideAnew } from '../../../platform/store/decide-anew';
import type { Stored } from '../../../platform/store/store';
import type { Plan } from '../domain/plan';
import type { Segment } from '../domain/segment';
import { checkId, noSegment } from '../domain/segment-checks';
import { type AudienceSource, addShare, DEFAULT_QUOTA, removeShare, type Shares } from '../domain/sharing';
import type { SegmentsConfiguration } from '../store/segments-configuration';

/** An audience that a source shares, or shared until now. */
export interface SharedAudience {
  readonly source: string;
  readonly audience: Stored<Segment>;
  readonly sharedMs: number;
  /** How many the source shares now. */
  readonly shared: number;
  /** How many it may; `null`: as many as it likes. */
  readonly quota: number | null;
}

/** A source as it is put. */
export interface AudienceSourceChange {
  readonly id: string;
  readonly definition: AudienceSource;
  readonly expectedVersion?: number | undefined;
}

/** Audiences that sources share with others, at once and on demand (S-17). */
export interface AudienceSharing {
  /** Fails with NOT_FOUND for an unknown segment, LIMIT_EXCEEDED where the source shares as many as it may. */
  share(sandbox: string, source: string, segmentId: string): Promise<SharedAudience>;
  /** Fails with NOT_FOUND where it is not shared. */
  unshare(sandbox: string, source: string, segmentId: string): Promise<SharedAudience>;
  /** Everything that a source shares, by id. */
  of(sandbox: string, source: string): Promise<readonly SharedAudience[]>;
  sources(sandbox: string): Promise<ReadonlyMap<string, Stored<AudienceSource>>>;
  putSource(sandbox: string, change: AudienceSourceChange): Promise<Stored<AudienceSource>>;
  /** Its quota is the default again. Fails with CONFLICT while it shares anything. */
  deleteSource(sandbox: string, id: string): Promise<void>;
}

/** What sharing stands on. */
export interface SharingDependencies {
  readonly configuration: SegmentsConfiguration<Plan>;
  readonly clock: Clock;
  /** Evaluates segments for everyone, in the background. */
  readonly evaluateAll: (sandbox: string, segmentIds: readonly string[]) => Promise<unknown>;
}

/** A segment that needs a scan is evaluated for everyone as soon as it is shared. */
export function createAudienceSharing(dependencies: SharingDependencies): AudienceSharing {
  const { configuration, clock, evaluateAll } = dependencies;
  const { sources, shares } = configuration;

  const change = async (
    sandbox: string,
    source: string,
    decide: (before: Shares | undefined) => Promise<Shares>,
  ): Promise<{ readonly before: Shares | undefined; readonly after: Shares }> => {
    return decideAnew(async () => {
      const stored = (await shares.all(sandbox)).get(source);
      const after = await decide(stored?.value);
      return async () => {
        if (after !== stored?.value) await shares.put(sandbox, source, after, stored?.version ?? 0);
        return { before: stored?.value, after };
      };
    });
  };
  const quotaOf = async (sandbox: string, source: string): Promise<number | null> => {
    const stored = (await sources.all(sandbox)).get(source);
    return stored ? stored.value.quota : DEFAULT_QUOTA;
  };
  const find = async (sandbox: string, segmentId: string): Promise<Stored<Segment>> => {
    const stored = (await configuration.segments.all(sandbox)).get(segmentId);
    if (stored && stored.value.status !== 'DELETED') return stored;
    throw noSegment(segmentId);
  };

  return {
    async share(sandbox, source, segmentId) {
      checkId(source, 'source');
      const audience = await find(sandbox, segmentId);
      const { after } = await change(sandbox, source, async (before) =>
        addShare(before, segmentId, { source, quota: await quotaOf(sandbox, source), nowMs: clock.now() }),
      );
      const { onDemand } = await configuration.compiled(sandbox);
      if (onDemand.includes(segmentId)) await evaluateAll(sandbox, [segmentId]);
      return toShared(source, audience, after, after.segments[segmentId], await quotaOf(sandbox, source));
    },
    async unshare(sandbox, source, segmentId) {
      const audience = await find(sandbox, segmentId);
      const { before, after } = await change(sandbox, source, async (shared) => removeShare(shared, segmentId, source));
      return toShared(source, audience, after, before?.segments[segmentId], await quotaOf(sandbox, source));
    },
    async of(sandbox, source) {
      const [own, quota] = [(await shares.all(sandbox)).get(source)?.value, await quotaOf(sandbox, source)];
      const all = await configuration.segments.all(sandbox);
      return Object.entries(own?.segments ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([id, sharedMs]) => {
          const audience = all.get(id);
          return own && audience ? [toShared(source, audience, own, sharedMs, quota)] : [];
        });
    },
    sources: (sandbox) => sources.all(sandbox),
    putSource(sandbox, { id, definition, expectedVersion }) {
      checkId(id, 'source');
      checkSource(definition);
      return sources.put(sandbox, id, definition, expectedVersion);
    },
    async deleteSource(sandbox, id) {
      const shared = Object.keys((await shares.all(sandbox)).get(id)?.value.segments ?? {});
      if (shared.length === 0) return sources.delete(sandbox, id);
      throw new AppError('CONFLICT', `${id} still shares ${shared.join(', ')}.`, {
        retryable: false,
        details: { id, shared },
      });
    },
  };
}

function toShared(
  source: string,
  audience: Stored<Segment>,
  { segments }: Shares,
  sharedMs: number | undefined,
  quota: number | null,
): SharedAudience {
  return { source, audience, sharedMs: sharedMs ?? 0, shared: Object.keys(segments).length, quota };
}

function checkSource({ name, quota }: AudienceSource): void {
  const refuse = (path: string, reason: string): never => {
    throw new AppError('BAD_USER_INPUT', `${path}: ${reason}.`, { details: { path } });
  };
  if (name.trim() === '') refuse('name', 'a source needs a name');
  if (quota !== null && quota < 0) refuse('quota', `a quota is 0 or more; received ${quota}`);
}
