import type { SegmentReader } from '../../../flow/ports';
import type { Plan } from '../domain/plan';
import type { MemberStore } from '../store/member-store';
import type { ReadMemberships, Standing } from './read-memberships';

/** What the reading of segments by others stands on. */
export interface SegmentReaderDependencies {
  readonly plan: (sandbox: string) => Promise<Plan>;
  readonly members: MemberStore;
  readonly read: ReadMemberships;
}

/** How the other subgraphs read segments. Rules that read a request hold for nobody here. */
export function createSegmentReader({ plan, members, read }: SegmentReaderDependencies): SegmentReader {
  return {
    async published(sandbox, segmentIds) {
      const { versionOf } = await plan(sandbox);
      return segmentIds.filter((id) => versionOf(id) > 0);
    },
    async members(sandbox, segmentId, options) {
      if ((await plan(sandbox)).versionOf(segmentId) === 0) return [];
      const page = await members.page(sandbox, segmentId, options);
      return page.map(({ profileId, revision, atMs, cause }) => ({ profileId, revision, atMs, cause }));
    },
    async realized(sandbox, profiles, nowMs) {
      return (await read(sandbox, profiles, nowMs)).map(realizedOf);
    },
  };
}

/** The published segments that a profile is in, those apart that hold for one request only. */
export function realizedOf({ plan, evaluated: { memberships } }: Standing): readonly string[] {
  return [...memberships].flatMap(([id, { status }]) => (status === 'REALIZED' && plan.versionOf(id) > 0 ? [id] : []));
}
