import type { Write } from '../../../platform/store/store';
import { idleHourOf } from '../domain/anonymous';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { Person } from '../domain/head';
import { type LedRows, leadRows } from '../domain/lead-rows';
import type { Namespaces } from '../domain/namespace';
import { headsSpec, identitiesSpec } from '../store/collections';
import { toHeadDocument } from '../store/head-document';
import type { PeopleReads } from '../store/people-reads';

/** By what the time is told since when an anonymous profile is idle. */
export interface IdleClock {
  readonly namespaces: Namespaces;
  readonly nowMs: number;
}

/** What is written of changed people. */
export interface PersonWrites {
  readonly writes: readonly Write[];
  /** Ended profiles that lead elsewhere now. */
  readonly quiet: readonly Person[];
}

/**
 * The writes of changed profiles' heads, and of the rows of identities that they gained. `profileOf`: whose each identity was;
 * the heads of both people guard one that moves. Where heads are remembered, rows of a profile that became part of another
 * lead there by its head.
 */
export async function personWrites(
  people: PeopleReads,
  sandbox: string,
  changed: readonly ChangedPerson[],
  profileOf: ReadonlyMap<string, string>,
  idle: IdleClock,
): Promise<PersonWrites> {
  const writes = changed.map((one) => headWrite(one, idle));
  const parted = new Set<string>();
  const becameOf = new Map(changed.map(({ id, head }) => [id, head.endedIn]));
  for (const { id, gained } of changed) {
    for (const key of gained) {
      const former = profileOf.get(key);
      if (former === undefined) writes.push({ ...rowWrite(key, id), expected: null });
      else if (!people.remembers) writes.push(rowWrite(key, id));
      else if (becameOf.get(former) !== id) parted.add(former);
    }
  }
  if (parted.size === 0) return { writes, quiet: [] };
  const { rows, endings } = await leadAll(people, sandbox, changed, parted);
  const ended = await people.people(sandbox, endings.keys());
  const quiet = [...ended.values()].flatMap(({ id, version, head }) => {
    const endedIn = endings.get(id);
    return endedIn === undefined || endedIn === head.endedIn ? [] : [{ id, version, head: { ...head, endedIn } }];
  });
  for (const [key, id] of rows) writes.push(rowWrite(key, id));
  for (const one of quiet) writes.push(headWrite(one, idle));
  return { writes, quiet };
}

async function leadAll(
  people: PeopleReads,
  sandbox: string,
  changed: readonly ChangedPerson[],
  parted: ReadonlySet<string>,
): Promise<LedRows> {
  const profileOf = new Map(changed.flatMap(({ id, head }) => head.identities.map(({ key }) => [key, id] as const)));
  const rows = new Map<string, string>();
  const endings = new Map<string, string>();
  for (const { id, before, head } of changed) {
    if (!before || !parted.has(id)) continue;
    const keys = before.identities.map(({ key }) => key);
    const led = leadRows({ id, leadsTo: head.endedIn ?? id, rowOf: await people.rows(sandbox, keys) }, profileOf);
    for (const [key, owner] of led.rows) rows.set(key, owner);
    for (const [ended, target] of led.endings) endings.set(ended, target);
  }
  return { rows, endings };
}

function rowWrite(key: string, profileId: string) {
  return { kind: 'put', collection: identitiesSpec.name, id: key, value: { profileId } } as const;
}

/** The write of a head, in the place of the version that it was made from. */
export function headWrite({ id, version, head }: Person, idle: IdleClock): Write {
  const value = toHeadDocument(head, idleHourOf(head, idle.namespaces, idle.nowMs));
  return { kind: 'put', collection: headsSpec.name, id, value, expected: version === 0 ? null : version };
}
