import type { PrivacySubject } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import type { Write } from '../../../platform/store/store';
import { headsSpec } from '../store/collections';
import type { PeopleReads } from '../store/people-reads';
import type { PrivacyDocumentStore } from '../store/privacy-document-store';
import type { TombstoneStore } from '../store/tombstone-store';
import { keysOf } from './expand-person';
import { toLinkRemovals } from './find-device-links';
import { findPersonRows, type PersonRowDependencies, toItemRemovals, toMadeRemovals } from './find-person-rows';
import type { Pipeline } from './pipeline';
import { planRemove, type RemoveDependencies } from './plan-remove';

export interface EraseDependencies extends PersonRowDependencies, RemoveDependencies {
  readonly pipeline: Pipeline;
  readonly tombstones: TombstoneStore;
  readonly documents: PrivacyDocumentStore;
  readonly clock: Clock;
}

/** Which job deletes whom. */
export interface Erasure {
  readonly sandbox: string;
  readonly job: string;
  readonly subject: PrivacySubject;
  /** Earlier jobs about the person, whose documents go too. */
  readonly jobs: readonly string[];
}

/** How much was removed; or nothing, as the person is not who they were: another identity came, or one left. */
export type Erased = { readonly kind: 'removed'; readonly count: number } | { readonly kind: 'changed' };

/**
 * Removes a person from this subgraph and marks their identities, in one commit that announces the end. Done once per job:
 * the marks tell.
 */
export async function erasePerson(dependencies: EraseDependencies, erasure: Erasure): Promise<Erased> {
  const { pipeline, tombstones, people } = dependencies;
  const { sandbox, subject, job } = erasure;
  const [asked = ''] = keysOf(subject);
  const mark = await tombstones.get(sandbox, asked);
  if (mark?.job === job) return { kind: 'removed', count: mark.removed };
  const erased = await pipeline.perform<Erased>(sandbox, async () =>
    (await isStill(people, sandbox, subject))
      ? planErase(dependencies, erasure)
      : { ...NOTHING, result: { kind: 'changed' } },
  );
  tombstones.committed(sandbox);
  return erased;
}

/** True when the identity that was asked for names the same person as when the job looked, with the same identities. */
async function isStill(people: PeopleReads, sandbox: string, subject: PrivacySubject): Promise<boolean> {
  const keys = keysOf(subject);
  const [asked = ''] = keys;
  const [person] = (await people.find(sandbox, [asked])).people.values();
  if (!person) return subject.profileIds.length === 0;
  const own = new Set(person.head.identities.map(({ key }) => key));
  return subject.profileIds[0] === person.id && own.size === keys.length && keys.every((key) => own.has(key));
}

const NOTHING = { writes: [], entries: [], changed: [] };

async function planErase(dependencies: EraseDependencies, { sandbox, job, subject, jobs }: Erasure) {
  const { tombstones, documents, traces, clock } = dependencies;
  const { profileIds } = subject;
  const nowMs = clock.now();
  const rows = await findPersonRows(dependencies, sandbox, subject);
  const plan = await planRemove(dependencies, { sandbox, profileIds, cause: { kind: 'PRIVACY' }, nowMs });
  const told = await Promise.all(jobs.map((id) => documents.removals(sandbox, id)));
  const further = [...toItemRemovals(rows), ...toMadeRemovals(rows), ...traces.toRemovals(rows.traces), ...told.flat()];
  const links = await toLinkRemovals(dependencies, sandbox, rows.deviceLinks);
  const writes = withoutTwice([...plan.writes, ...further, ...links]);
  const count = writes.filter(({ kind }) => kind === 'delete').length + plan.changed.length;
  const mark = { atMs: nowMs, job, removed: count };
  const marks = keysOf(subject).map((key) => tombstones.toWrite(sandbox, key, mark));
  return { ...plan, writes: [...writes, ...marks], result: { kind: 'removed', count } as const };
}

/**
 * Removes what another process still wrote about a deleted person when their end was committed already, and the last that
 * tells that they were there. Data of one who returned since stays. Answers how much there was.
 */
export async function eraseRemains(dependencies: EraseDependencies, erasure: Erasure): Promise<number> {
  const { pipeline, tombstones, documents, traces } = dependencies;
  const { sandbox, subject, jobs } = erasure;
  return pipeline.perform(sandbox, async () => {
    const [key = ''] = keysOf(subject);
    const deletedAtMs = (await tombstones.get(sandbox, key))?.atMs ?? 0;
    const rows = await findPersonRows(dependencies, sandbox, subject, deletedAtMs);
    const heads = subject.profileIds.map((id): Write => ({ kind: 'delete', collection: headsSpec.name, id }));
    const told = (await Promise.all(jobs.map((id) => documents.removals(sandbox, id)))).flat();
    const links = await toLinkRemovals(dependencies, sandbox, rows.deviceLinks);
    const found = [...toItemRemovals(rows), ...traces.toRemovals(rows.traces), ...told, ...links];
    return { ...NOTHING, writes: withoutTwice([...heads, ...found]), gone: subject.profileIds, result: found.length };
  });
}

function withoutTwice(writes: readonly Write[]): readonly Write[] {
  const byPlace = new Map(writes.map((write) => [`${write.collection} ${write.id}`, write]));
  return [...byPlace.values()];
}
