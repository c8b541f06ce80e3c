import { announceForgotten } from '../../../flow/forgetting';
import type { PrivacyHolder, PrivacySubject } from '../../../flow/ports';
import type { Store } from '../../../platform/store/store';
import { type PrivacyState, type SubgraphReport, withLater } from '../domain/privacy';
import type { Job, JobStore } from '../store/job-store';
import { hashOfIdentity } from '../store/tombstone-store';
import { type EraseDependencies, erasePerson, eraseRemains } from './erase-person';
import { expandPerson, keysOf } from './expand-person';
import { findPrivacyJobs } from './find-privacy-jobs';
import { type GatherDependencies, gatherPerson } from './gather-person';
import type { JobHandler, JobStep } from './jobs';

export interface PrivacyDependencies extends GatherDependencies, EraseDependencies {
  readonly store: Store;
  readonly jobStore: JobStore;
  /** What the other subgraphs hold. */
  readonly holders: () => readonly PrivacyHolder[];
}

// What others still have to send is waited for so long, and asked for so often.
const PATIENCE_MS = 240_000;
const ASK_AGAIN_MS = 1_000;
// What other processes had begun before the person was removed has ended by then.
const SETTLED_MS = 5_000;
// So long other processes have to hear of it.
const HEARD_MS = 2_000;

interface Piece {
  readonly sandbox: string;
  readonly id: string;
  readonly job: Job;
  readonly state: PrivacyState;
  readonly subject: PrivacySubject;
}

/**
 * Runs a privacy job (P-19), a step a piece: who is it, this subgraph, each of the others, what is left. What a piece needs
 * is kept before it begins, so that a job goes on wherever it was stopped.
 */
export function createRunPrivacyJob(dependencies: PrivacyDependencies): JobHandler {
  return async (sandbox, job, id) => {
    const state = job.state as unknown as PrivacyState;
    if (!state.subject) return state.closed ? scrub(dependencies, state) : expand(dependencies, sandbox, job, id);
    const piece = { sandbox, id, job, state, subject: state.subject };
    if (state.request === 'ACCESS') return gather(dependencies, piece);
    const holder = dependencies.holders()[state.reports.length - 1];
    if (state.reports.length === 0) return removeOwn(dependencies, piece);
    if (state.told) return takeWordBack(dependencies, piece);
    return holder ? removeFrom(dependencies, piece, holder) : close(dependencies, piece);
  };
}

async function expand(dependencies: PrivacyDependencies, sandbox: string, job: Job, id: string): Promise<JobStep> {
  const { reads, history, jobStore } = dependencies;
  const state = job.state as unknown as PrivacyState;
  if (!state.asked) return finish(dependencies, state);
  const subject = await expandPerson({ reads, history }, sandbox, state.asked);
  const hashes = keysOf(subject).map((key) => hashOfIdentity(sandbox, key));
  const before = await findPrivacyJobs(jobStore, sandbox, hashes);
  // Two jobs about one person go one after another.
  if (before.some((other) => other.id < id && other.value.openSinceMs !== undefined)) {
    return wait(dependencies, job);
  }
  return step(dependencies, { ...state, subject, hashes: [...new Set([...state.hashes, ...hashes])] });
}

async function gather(dependencies: PrivacyDependencies, { sandbox, id, state, subject }: Piece): Promise<JobStep> {
  const { holders, documents, store, clock } = dependencies;
  const own = await gatherPerson(dependencies, sandbox, subject, clock.now());
  const reports: SubgraphReport[] = [{ subgraph: 'profile', found: own.found, removed: 0 }];
  const document: Record<string, unknown> = { profile: own.document };
  for (const holder of holders()) {
    const held = await holder.gather(sandbox, subject);
    reports.push({ subgraph: holder.name, found: held.found, removed: 0 });
    document[holder.name] = held.document;
  }
  for (const write of documents.toWrites(id, JSON.stringify(document), clock.now())) {
    await store.commit({ sandbox, writes: [write] });
  }
  const told = { ...state, reports };
  // Of one of whom nothing is held, the request itself leaves nothing either.
  const isNobody = reports.every(({ found }) => found === 0);
  return isNobody ? step(dependencies, { ...forgotten(told), closed: true }) : finish(dependencies, told);
}

async function removeOwn(dependencies: PrivacyDependencies, piece: Piece): Promise<JobStep> {
  const { jobStore, clock } = dependencies;
  const { sandbox, id, state, subject } = piece;
  const jobs = await earlierJobs(jobStore, piece);
  const erased = await erasePerson(dependencies, { sandbox, job: id, subject, jobs });
  if (erased.kind === 'changed') {
    const { subject: _, ...again } = state;
    return step(dependencies, again);
  }
  const reports = [{ subgraph: 'profile', found: erased.count, removed: erased.count }];
  return step(dependencies, { ...state, reports, removedAtMs: clock.now() });
}

async function removeFrom(dependencies: PrivacyDependencies, piece: Piece, holder: PrivacyHolder): Promise<JobStep> {
  const { sandbox, job, state, subject } = piece;
  const atOnce = dependencies.clock.now() >= (state.removedAtMs ?? 0) + PATIENCE_MS;
  const { found, removed, pending, detail } = await holder.erase(sandbox, subject, atOnce);
  if (pending > 0) return wait(dependencies, job);
  const report = { subgraph: holder.name, found, removed, ...(detail ? { detail } : {}) };
  return step(dependencies, { ...state, reports: [...state.reports, report] });
}

// Once more everywhere, for what was on its way, and the log, from which nothing is read any more.
async function close(dependencies: PrivacyDependencies, piece: Piece): Promise<JobStep> {
  const { store, holders, clock, jobStore } = dependencies;
  const { sandbox, id, job, state, subject } = piece;
  const settledMs = (state.removedAtMs ?? 0) + (store.exclusive ? 0 : SETTLED_MS);
  if (clock.now() < settledMs) return wait(dependencies, job);
  await store.log.erase(sandbox, subject.profileIds);
  // An audience that was imported since is about one who may return.
  const profilesAlone = { profileIds: subject.profileIds, identities: [] };
  const later: number[] = [];
  for (const holder of holders()) later.push((await holder.erase(sandbox, profilesAlone, true)).removed);
  const jobs = await earlierJobs(jobStore, piece);
  const remains = await eraseRemains(dependencies, { sandbox, job: id, subject, jobs });
  const reports = state.reports.map((report, index) =>
    withLater(report, index === 0 ? remains : (later[index - 1] ?? 0)),
  );
  const erased: PrivacyState = { ...state, reports };
  if (store.exclusive || subject.profileIds.length === 0) return leave(dependencies, erased);
  await announceForgotten(store, sandbox, subject.profileIds, clock.now());
  return { ...step(dependencies, { ...erased, told: true }), waitUntilMs: clock.now() + HEARD_MS };
}

// Others have heard of it by now.
async function takeWordBack(dependencies: PrivacyDependencies, { sandbox, state, subject }: Piece): Promise<JobStep> {
  await dependencies.store.log.erase(sandbox, subject.profileIds);
  return leave(dependencies, state);
}

function leave(dependencies: PrivacyDependencies, state: PrivacyState): JobStep {
  const { told: _, ...rest } = forgotten(state);
  return step(dependencies, { ...rest, closed: true });
}

// The job itself named the person until now.
async function scrub(dependencies: PrivacyDependencies, state: PrivacyState): Promise<JobStep> {
  await dependencies.store.scrub?.();
  return finish(dependencies, state);
}

async function earlierJobs(jobStore: JobStore, { sandbox, state, id }: Piece): Promise<readonly string[]> {
  const found = await findPrivacyJobs(jobStore, sandbox, state.hashes);
  return found.map((other) => other.id).filter((other) => other !== id);
}

// Who it was about is forgotten; hashes are left, to recognize the same request.
function forgotten({ asked: _, subject: __, ...rest }: PrivacyState): PrivacyState {
  return rest;
}

function finish(dependencies: PrivacyDependencies, state: PrivacyState): JobStep {
  return { ...step(dependencies, forgotten(state)), finished: true };
}

function step({ holders }: PrivacyDependencies, state: PrivacyState): JobStep {
  const total = holders().length + (state.request === 'DELETE' ? 2 : 1);
  const done = Math.min(state.reports.length + (state.closed ? 1 : 0), total);
  return { state: { ...state }, done, total, finished: false };
}

function wait({ clock }: PrivacyDependencies, { state, done }: Job): JobStep {
  return { state, done, finished: false, waitUntilMs: clock.now() + ASK_AGAIN_MS };
}
