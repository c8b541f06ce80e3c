import type { IdentityRef, ProfileReader, SegmentReader } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { Catalogue } from '../domain/catalogue';
import { decide, type PlacementOutcome } from '../domain/decide';
import { toSubject } from '../domain/subject';
import { unknownPlacement } from './decide-placements';

export interface ExplanationRequest {
  readonly sandbox: string;
  readonly identity: IdentityRef;
  readonly placement: string;
  readonly atMs: number;
  readonly context: Readonly<Record<string, unknown>>;
}

export type ExplainDecision = (catalogue: Catalogue, request: ExplanationRequest) => Promise<PlacementOutcome>;

/** Every candidate of a placement for any person, as of now known, at an instant (D-13). Moves no counter. */
export function createExplainDecision(profiles: ProfileReader, segments: SegmentReader): ExplainDecision {
  return async (catalogue, { sandbox, identity, placement, atMs, context }) => {
    const found = await profiles.find(sandbox, identity);
    const [profile] = found ? await profiles.getMany(sandbox, [found.id], { joined: true }) : [];
    if (!profile) {
      throw new AppError('NOT_FOUND', `There is no profile with this identity in ${identity.namespace}.`);
    }
    const [realized = []] = await segments.realized(sandbox, [profile], atMs);
    const subject = toSubject(profile, realized, context, atMs);
    const [outcome] = decide(catalogue, [{ placement, count: 1 }], subject, { exhaustive: true });
    return outcome ?? unknownPlacement(placement);
  };
}
