import type { HistoryStore } from '../store/history-store';
import type { ProfileReads } from './read-profiles';

export interface ProfilesOfPersonDependencies {
  readonly reads: ProfileReads;
  readonly history: HistoryStore;
}

/** The ids of all profiles that a person was: the one that is, first, and those that became part of it. */
export async function profilesOfPerson(
  { reads, history }: ProfilesOfPersonDependencies,
  sandbox: string,
  id: string,
): Promise<readonly string[]> {
  const profileIds = new Set([id]);
  for (const each of profileIds) {
    for (const { value } of await history.all(sandbox, each)) {
      if (value.kind === 'MERGED' && value.other) profileIds.add(value.other);
    }
  }
  const ids = [...profileIds];
  const became = await reads.byIds(sandbox, ids);
  return ids.filter((_, at) => became[at]?.id === id);
}
