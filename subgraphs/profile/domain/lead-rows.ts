import { groupBy } from './group-by';

/** A profile that identities left for others. */
export interface Parted {
  readonly id: string;
  /** Where what names this profile leads from now on: to itself, or to what it ended in. */
  readonly leadsTo: string;
  /** Which profile the row of each of its identities names: this one, or one that became part of it. */
  readonly rowOf: ReadonlyMap<string, string>;
}

/** What must change so that every identity's row leads to who has it. */
export interface LedRows {
  /** Identity key → the profile that its row must name. */
  readonly rows: ReadonlyMap<string, string>;
  /** Ended profile → what it must have ended in. */
  readonly endings: ReadonlyMap<string, string>;
}

/**
 * Where the rows of a profile lead when identities leave it. What came with a profile that ended mostly stays or leaves
 * together: so that profile is led elsewhere, and only rows that go another way are written.
 */
export function leadRows({ id, leadsTo, rowOf }: Parted, profileOf: ReadonlyMap<string, string>): LedRows {
  const rows = new Map<string, string>();
  const endings = new Map<string, string>();
  const kept = [...rowOf.keys()].filter((key) => profileOf.has(key));
  for (const [named, keys] of groupBy(kept, (key) => rowOf.get(key))) {
    const target = named === id ? leadsTo : most(groupBy(keys, (key) => profileOf.get(key)));
    if (named !== id) endings.set(named, target);
    for (const key of keys) {
      const owner = profileOf.get(key);
      if (owner !== undefined && owner !== target) rows.set(key, owner);
    }
  }
  // One ended profile may lead to another: when one leads elsewhere, each must say by itself where it leads.
  const isSame = [...endings.values()].every((target) => target === leadsTo);
  return { rows, endings: isSame ? new Map() : endings };
}

function most(groups: ReadonlyMap<string, readonly string[]>): string {
  const [first = ''] = [...groups].sort(([, a], [, b]) => b.length - a.length).map(([group]) => group);
  return first;
}
