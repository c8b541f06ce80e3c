import { decideAnew } from '../../../platform/store/decide-anew';
import type { Store, Stored, Write } from '../../../platform/store/store';
import { dueSpec } from './due-store';
import { importsSpec } from './import-store';
import { membersSpec } from './member-store';
import { statesSpec } from './state-store';

type Document = Readonly<Record<string, unknown>>;

/** Whose rows: people by their profiles, and by their identities as audiences from elsewhere name them. */
export interface RowsQuery {
  readonly profileIds: readonly string[];
  /** Each `namespace|value`. */
  readonly identityKeys: readonly string[];
  readonly segmentIds: readonly string[];
}

/** What is kept of people, as it stands in the store. */
export interface PersonRows {
  readonly states: readonly Stored<Document>[];
  readonly members: readonly Stored<Document>[];
  readonly imports: readonly Stored<Document>[];
  readonly due: readonly Stored<DueRow>[];
}

interface DueRow {
  readonly profileIds: readonly string[];
}

/** Rows of people, for who asks what is held of them. */
export interface PersonRowStore {
  find(sandbox: string, query: RowsQuery): Promise<PersonRows>;
  /** Removes them; answers how many there were. Lists with others are left to those. */
  erase(sandbox: string, query: RowsQuery): Promise<number>;
}

const PAGE = 1_000;
/** Over the collections of the segments subgraph. */
export function createPersonRowStore(store: Store): PersonRowStore {
  const rows = async (
    collection: string,
    sandbox: string,
    ids: readonly string[],
  ): Promise<readonly Stored<Document>[]> =>
    (await store.collection<Document>(collection).getMany(sandbox, ids)).filter((row) => row !== undefined);

  const find: PersonRowStore['find'] = async (sandbox, { profileIds, identityKeys, segmentIds }) => ({
    states: await rows(statesSpec.name, sandbox, profileIds),
    members: await rows(
      membersSpec.name,
      sandbox,
      profileIds.flatMap((profileId) => segmentIds.map((segmentId) => `${segmentId}|${profileId}`)),
    ),
    imports: await rows(importsSpec.name, sandbox, identityKeys),
    due: await findDue(store, sandbox, new Set(profileIds)),
  });

  const eraseOnce = async (sandbox: string, query: RowsQuery): Promise<number> => {
    const { states, members, imports, due } = await find(sandbox, query);
    const writes = [
      ...states.map(removalFrom(statesSpec.name)),
      ...members.map(removalFrom(membersSpec.name)),
      ...imports.map(removalFrom(importsSpec.name)),
      ...due.map((list) => without(list, new Set(query.profileIds))),
    ];
    if (writes.length > 0) await store.commit({ sandbox, writes });
    return writes.length;
  };

  return {
    find,
    erase: (...question) => decideAnew(() => () => eraseOnce(...question)),
  };
}

/** Goes through all lists: they are by instant, and each holds many people. */
async function findDue(
  store: Store,
  sandbox: string,
  profileIds: ReadonlySet<string>,
): Promise<readonly Stored<DueRow>[]> {
  if (profileIds.size === 0) return [];
  const lists = store.collection<DueRow>(dueSpec.name);
  const found: Stored<DueRow>[] = [];
  for (let after = ''; ; ) {
    const page = await lists.scan(sandbox, { after, limit: PAGE });
    found.push(...page.filter(({ value }) => value.profileIds.some((id) => profileIds.has(id))));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return found;
    after = last.id;
  }
}

function removalFrom(collection: string) {
  return ({ id, version }: Stored<Document>): Write => ({ kind: 'delete', collection, id, expected: version });
}

function without({ id, version, value }: Stored<DueRow>, gone: ReadonlySet<string>): Write {
  const collection = dueSpec.name;
  const profileIds = value.profileIds.filter((profileId) => !gone.has(profileId));
  if (profileIds.length === 0) return { kind: 'delete', collection, id, expected: version };
  return { kind: 'put', collection, id, value: { ...value, profileIds }, expected: version };
}
