import type { IdentityRef, ProfileReader } from '../../../flow/ports';
import type { MembershipStatus } from '../domain/membership';
import type { Selection } from './follow-qualifications';
import type { Announcement } from './qualification-tail';

/** Which announcements a reader wants; what is absent is not looked at. */
export interface AnnouncementFilter {
  readonly segments?: readonly string[] | undefined;
  readonly statuses?: readonly MembershipStatus[] | undefined;
  /** Of the person who has this identity, whatever profile that is. */
  readonly identity?: IdentityRef | undefined;
}

/** The announcements of one sandbox that `filter` lets through. */
export function createSelection(sandbox: string, filter: AnnouncementFilter, profiles: ProfileReader): Selection {
  const segments = filter.segments && new Set(filter.segments);
  const statuses = filter.statuses && new Set(filter.statuses);
  const isWanted = ({ sandbox: own, body }: Announcement): boolean =>
    own === sandbox && (!segments || segments.has(body.segmentId)) && (!statuses || statuses.has(body.status));
  const ofPerson = filter.identity && createPersonFilter(sandbox, filter.identity, profiles);
  return async (page) => {
    const wanted = page.filter(isWanted);
    return ofPerson && wanted.length > 0 ? ofPerson(wanted) : wanted;
  };
}

/** A person's announcements: of the profile that has the identity now or had it before, and of one that became it. */
function createPersonFilter(sandbox: string, identity: IdentityRef, profiles: ProfileReader): Selection {
  const had = new Set<string>();
  return async (page) => {
    const now = await profiles.find(sandbox, identity);
    if (now) had.add(now.id);
    const merged = page.filter(({ key, body }) => body.cause.kind === 'MERGE' && !had.has(key)).map(({ key }) => key);
    const became = merged.length > 0 ? await profiles.getMany(sandbox, merged) : [];
    merged.forEach((id, index) => {
      if (became[index]?.id === now?.id && now) had.add(id);
    });
    return page.filter(({ key }) => had.has(key));
  };
}
