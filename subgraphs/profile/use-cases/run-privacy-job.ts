import type { PrivacyHolder, PrivacySubject } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import type { Store } from '../../../platform/store/store';
import { identityKey } from '../domain/identity';
import type { PrivacyState, SubgraphReport } from '../domain/privacy';
import { toProfileIdentity } from '../domain/view';
import type { Job, JobStore } from '../store/job-store';
import type { PrivacyDocumentStore } from '../store/privacy-document-store';
import { hashOfIdentity, type TombstoneStore } from '../store/tombstone-store';
import { type GatherDependencies, gatherPerson } from './gather-person';
import type { JobHandler, JobStep } from './jobs';
import type { Pipeline } from './pipeline';
import { planRemove, type RemoveDependencies } from './plan-remove';

export interface PrivacyDependencies extends GatherDependencies, RemoveDependencies {
  readonly store: Store;
  readonly pipeline: Pipeline;
  readonly jobStore: JobStore;
  readonly tombstones: TombstoneStore;
  readonly documents: PrivacyDocumentStore;
  readonly clock: Clock;
  /** What the other subgraphs hold. */
  readonly holders: () => readonly PrivacyHolder[];
}

// What others still have to send is waited for so long, and asked for so often.
const PATIENCE_MS = 240_000;
const ASK_AGAIN_MS = 1_000;

/** Runs a privacy job: each piece asks one subgraph, this one first (P-19). */
export function createRunPrivacyJob(dependencies: PrivacyDependencies): JobHandler {
  return async (sandbox, job, id) => {
    const state = job.state as unknown as PrivacyState;
    const subject = state.subject ?? { profileIds: [], identities: [] };
    if (state.reports.length === 0) return begin(dependencies, sandbox, state, subject, id);
    if (state.request === 'ACCESS') return finish(dependencies, state);
    return goOn(dependencies, sandbox, state, subject, job);
  };
}

async function begin(
  dependencies: PrivacyDependencies,
  sandbox: string,
  state: PrivacyState,
  asked: PrivacySubject,
  id: string,
): Promise<JobStep> {
  const subject = await expand(dependencies, sandbox, asked);
  const hashes = new Set(state.hashes);
  for (const key of keysOf(subject)) hashes.add(hashOfIdentity(sandbox, key));
  const next = { ...state, subject, hashes: [...hashes] };
  return state.request === 'ACCESS'
    ? gather(dependencies, sandbox, next, subject, id)
    : remove(dependencies, sandbox, next, subject);
}

// The person whom the identity names now, with the profiles that became part of them.
async function expand(
  { reads, history }: PrivacyDependencies,
  sandbox: string,
  { identities }: PrivacySubject,
): Promise<PrivacySubject> {
  const [asked] = identities;
  const found = asked && (await reads.find(sandbox, asked));
  if (!found) return { profileIds: [], identities };
  const profileIds = new Set([found.person.id]);
  for (const id of profileIds) {
    for (const { value } of await history.all(sandbox, id)) {
      if (value.kind === 'MERGED' && value.other) profileIds.add(value.other);
    }
  }
  const endings = await reads.byIds(sandbox, [...profileIds]);
  const own = [...profileIds].filter((_, index) => endings[index]?.id === found.person.id);
  const names = found.person.head.identities.map((identity) => {
    const { namespace, value } = toProfileIdentity(identity);
    return { namespace, value };
  });
  return { profileIds: own, identities: names };
}

async function gather(
  dependencies: PrivacyDependencies,
  sandbox: string,
  state: PrivacyState,
  subject: PrivacySubject,
  id: string,
): Promise<JobStep> {
  const { holders, documents, store, clock } = dependencies;
  const own = await gatherPerson(dependencies, sandbox, subject, clock.now());
  const reports: SubgraphReport[] = [{ subgraph: 'profile', found: own.found, removed: 0 }];
  const document: Record<string, unknown> = { profile: own.document };
  for (const holder of holders()) {
    const held = await holder.gather(sandbox, subject);
    reports.push({ subgraph: holder.name, found: held.found, removed: 0 });
    document[holder.name] = held.document;
  }
  const writes = documents.toWrites(id, JSON.stringify(document), clock.now());
  await store.commit({ sandbox, writes });
  return toStep(dependencies, { ...state, reports, parts: writes.length }, false);
}

async function remove(
  dependencies: PrivacyDependencies,
  sandbox: string,
  state: PrivacyState,
  subject: PrivacySubject,
): Promise<JobStep> {
  const { pipeline, tombstones, traces, documents, jobStore, clock } = dependencies;
  const { profileIds } = subject;
  const keys = keysOf(subject);
  const found = await traces.find(sandbox, keys, profileIds);
  const earlier = await Promise.all(state.hashes.map((hash) => jobStore.about(sandbox, hash)));
  const told = await Promise.all(earlier.flat().map(({ id }) => documents.removals(sandbox, id)));
  const further = [...traces.toRemovals(found), ...told.flat()];
  const removed = await pipeline.perform(sandbox, async () => {
    const nowMs = clock.now();
    const plan = await planRemove(dependencies, { sandbox, profileIds, cause: { kind: 'PRIVACY' }, nowMs });
    const marks = keys.map((key) => tombstones.toWrite(sandbox, key, nowMs));
    return { ...plan, writes: [...plan.writes, ...marks, ...further] };
  });
  tombstones.committed(sandbox);
  const count = removed.documents + further.length;
  const reports = [{ subgraph: 'profile', found: count, removed: count }];
  return toStep(dependencies, { ...state, reports, patienceUntilMs: clock.now() + PATIENCE_MS }, false);
}

// The others, one after another; then the log, and what the engine keeps of what was deleted.
async function goOn(
  dependencies: PrivacyDependencies,
  sandbox: string,
  state: PrivacyState,
  subject: PrivacySubject,
  job: Job,
): Promise<JobStep> {
  const { holders, store, clock } = dependencies;
  const holder = holders()[state.reports.length - 1];
  if (!holder) {
    await store.log.erase?.(sandbox, subject.profileIds);
    await store.scrub?.();
    return finish(dependencies, state);
  }
  const { found, removed, pending } = await holder.erase(sandbox, subject, false);
  if (pending > 0 && clock.now() < (state.patienceUntilMs ?? 0)) {
    return { state: job.state, done: job.done, finished: false, waitUntilMs: clock.now() + ASK_AGAIN_MS };
  }
  const report = { subgraph: holder.name, found, removed };
  return toStep(dependencies, { ...state, reports: [...state.reports, report] }, false);
}

// Who it was about is forgotten; hashes are left, to recognize the same request.
function finish(dependencies: PrivacyDependencies, state: PrivacyState): JobStep {
  const { subject: _, patienceUntilMs: __, ...rest } = state;
  return toStep(dependencies, rest, true);
}

function toStep({ holders }: PrivacyDependencies, state: PrivacyState, finished: boolean): JobStep {
  const total = holders().length + 1;
  return { state: { ...state }, done: Math.min(state.reports.length, total), total, finished };
}

function keysOf({ identities }: PrivacySubject): readonly string[] {
  return identities.map(({ namespace, value }) => identityKey(namespace, value));
}
