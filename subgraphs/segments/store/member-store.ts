import type { CollectionSpec, Store, Write } from '../../../platform/store/store';
import type { Membership } from '../domain/membership';

const MEMBERS = 'segment_members';

/** Who is in each segment: a row for each realized membership, and none for others. Ids put a segment's rows together. */
export const membersSpec: CollectionSpec = { name: MEMBERS, indexes: [] };

const PAGE = 128;

/** One realized membership. */
export interface Member extends Omit<Membership, 'status'> {
  readonly profileId: string;
  readonly revision: number;
}

/** The members of segments. */
export interface MemberStore {
  /** Members of a segment by profile id, from just after `after`. */
  page(
    sandbox: string,
    segmentId: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly Member[]>;
  /** The ids of a segment's members from just after `after` up to `upTo`. */
  between(
    sandbox: string,
    segmentId: string,
    range: { readonly after: string; readonly upTo: string },
  ): Promise<ReadonlySet<string>>;
  /** The write that makes a member, for a commit of its own. */
  add(segmentId: string, member: Member): Write;
  remove(segmentId: string, profileId: string): Write;
}

/** Over the collection of `membersSpec`. */
export function createMemberStore(store: Store): MemberStore {
  const members = store.collection<Omit<Member, 'profileId'>>(MEMBERS);
  return {
    async page(sandbox, segmentId, { after = '', limit }) {
      const prefix = rowId(segmentId, '');
      const rows = await members.scan(sandbox, { after: prefix + after, limit });
      return rows
        .filter(({ id }) => id.startsWith(prefix))
        .map(({ id, value }) => ({ ...value, profileId: id.slice(prefix.length) }));
    },
    async between(sandbox, segmentId, { after, upTo }) {
      const [prefix, last] = [rowId(segmentId, ''), rowId(segmentId, upTo)];
      const found = new Set<string>();
      for (let from = rowId(segmentId, after); ; ) {
        const rows = await members.scan(sandbox, { after: from, upTo: last, limit: PAGE });
        for (const { id } of rows) found.add(id.slice(prefix.length));
        if (rows.length < PAGE) return found;
        from = rows.at(-1)?.id ?? last;
      }
    },
    add: (segmentId, { profileId, ...value }) => ({
      kind: 'put',
      collection: MEMBERS,
      id: rowId(segmentId, profileId),
      value,
    }),
    remove: (segmentId, profileId) => ({ kind: 'delete', collection: MEMBERS, id: rowId(segmentId, profileId) }),
  };
}

// The ids of segments hold no `|`.
function rowId(segmentId: string, profileId: string): string {
  return `${segmentId}|${profileId}`;
}
