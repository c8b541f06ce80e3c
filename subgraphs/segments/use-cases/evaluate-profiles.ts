import type { ProfileReader } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { decideAnew } from '../../../platform/store/decide-anew';
import type { Store } from '../../../platform/store/store';
import { createTurns } from '../../../platform/turns';
import { evaluateProfile, findLackingMs, type News } from '../domain/evaluate-profile';
import { applyTransitions, type Transition } from '../domain/membership';
import type { Plan } from '../domain/plan';
import { traceTransitions, UNTRACED } from '../domain/rehydrate';
import { takeScreened } from '../domain/take-screened';
import type { CountsStore } from '../store/counts-store';
import type { DueStore } from '../store/due-store';
import type { ImportStore } from '../store/import-store';
import type { MemberStore } from '../store/member-store';
import type { StateStore } from '../store/state-store';
import { commitEvaluations, type Evaluation } from './commit-evaluations';
import { gatherNews } from './gather-news';
import type { Task } from './task';

/** What evaluation stands on. */
export interface EvaluationDependencies {
  readonly store: Store;
  readonly states: StateStore;
  readonly members: MemberStore;
  readonly counts: CountsStore;
  readonly due: DueStore;
  readonly imports: ImportStore;
  readonly profiles: ProfileReader;
  readonly clock: Clock;
  /** The rules as of now. */
  readonly plan: (sandbox: string) => Promise<Plan>;
  /** Since when rules are being brought to all people; `undefined` when none is. */
  readonly backfillSinceMs: (sandbox: string) => Promise<number | undefined>;
  /** Told of the earliest instant at which one that was just listed may change by itself. */
  readonly onDue: (sandbox: string, dueMs: number) => void;
}

/**
 * Evaluates profiles and commits what moved, with its announcements, as one step. Idempotent: what was evaluated before
 * moves nothing. Steps of one partition follow one another in this process; against others the store's versions decide.
 */
export type EvaluateProfiles = (sandbox: string, tasks: readonly Task[]) => Promise<void>;

/** The one way in which stored memberships change. */
export function createEvaluateProfiles(dependencies: EvaluationDependencies): EvaluateProfiles {
  const { store, states } = dependencies;
  const turns = createTurns();
  const step = async (sandbox: string, partition: number, tasks: readonly Task[]): Promise<void> => {
    try {
      await evaluateOnce(dependencies, sandbox, partition, tasks);
    } catch (error) {
      states.forget(
        sandbox,
        tasks.map(({ profileId }) => profileId),
      );
      throw error;
    }
  };
  return async (sandbox, tasks) => {
    await Promise.all(
      [...byPartition(store, tasks)].map(([partition, ofOne]) =>
        turns.run(`${sandbox}|${partition}`, () => decideAnew(() => () => step(sandbox, partition, ofOne))),
      ),
    );
  };
}

function byPartition({ log }: Store, tasks: readonly Task[]): ReadonlyMap<number, readonly Task[]> {
  const groups = new Map<number, Task[]>();
  for (const task of tasks) {
    const partition = log.partitionOf(task.profileId);
    const group = groups.get(partition);
    if (group) group.push(task);
    else groups.set(partition, [task]);
  }
  return groups;
}

async function evaluateOnce(
  dependencies: EvaluationDependencies,
  sandbox: string,
  partition: number,
  tasks: readonly Task[],
): Promise<void> {
  const { states } = dependencies;
  const plan = await dependencies.plan(sandbox);
  const ids = tasks.map(({ profileId }) => profileId);
  const known = await states.load(sandbox, ids, plan);
  const screened = known.map(({ evaluated }, index) => {
    const sight = tasks[index]?.sight;
    return sight && takeScreened(evaluated, sight, plan);
  });
  const open = known.map((each, index) => (screened[index] ? undefined : each));
  const news = await gatherNews(dependencies, sandbox, tasks, open, plan);
  const begun = known.map((before, index): Evaluation => {
    const { evaluated = before.evaluated, transitions = [] } = screened[index] ?? {};
    return { before, after: { ...before, evaluated }, transitions, reachedMs: tasks[index]?.untilMs };
  });
  const evaluations = await evaluateAll(dependencies, sandbox, begun, news, plan);
  const traced = await Promise.all(
    evaluations.map((evaluation, index) => traceMoves(dependencies, sandbox, evaluation, news[index], plan)),
  );
  await commitEvaluations(dependencies, sandbox, partition, traced, plan);
}

/** Goes on where computed attributes must be read as they were at an instant on the way. */
async function evaluateAll(
  dependencies: EvaluationDependencies,
  sandbox: string,
  begun: readonly Evaluation[],
  news: readonly (News | undefined)[],
  plan: Plan,
): Promise<readonly Evaluation[]> {
  const { states, profiles } = dependencies;
  const evaluations = begun.map((evaluation, index) => evaluate(evaluation, news[index], plan));
  // In the same breath, so that nobody sees a state that was changed under an evaluation from before it.
  states.remember(
    sandbox,
    evaluations.map(({ after }) => after),
  );
  const lacking = evaluations.map(({ after: { profileId: id, evaluated } }, index) => {
    const own = news[index];
    const atMs = own && findLackingMs(evaluated, own, plan);
    return atMs === undefined ? undefined : { id, revision: evaluated.revision, atMs };
  });
  const asked = lacking.filter((each) => each !== undefined);
  if (asked.length === 0) return evaluations;
  const found = await profiles.computed(sandbox, asked);
  const computed = new Map(
    asked.map(({ id, atMs }, index) => [id, found[index]?.id === id ? { ...found[index], atMs } : null]),
  );
  const further = news.map((own, index): News | undefined => {
    const each = lacking[index];
    return own && each && { ...own, computed: computed.get(each.id) };
  });
  return evaluateAll(dependencies, sandbox, evaluations, further, plan);
}

function evaluate(evaluation: Evaluation, news: News | undefined, plan: Plan): Evaluation {
  const { after, transitions } = evaluation;
  const step = news && evaluateProfile(after.evaluated, news, plan);
  if (!step || step.evaluated === after.evaluated) return evaluation;
  return {
    ...evaluation,
    after: { ...after, evaluated: step.evaluated },
    transitions: [...transitions, ...step.transitions],
  };
}

/** Finds the changes behind what a snapshot showed. */
async function traceMoves(
  { profiles }: EvaluationDependencies,
  sandbox: string,
  evaluation: Evaluation,
  news: News | undefined,
  plan: Plan,
): Promise<Evaluation> {
  const { before, after, transitions } = evaluation;
  const { snapshot, snapshotAtMs, nowMs = 0 } = news ?? {};
  if (!snapshot || !transitions.some(isToBeTraced)) return evaluation;
  const { revision } = before.evaluated;
  const changes = (await profiles.changes(sandbox, { id: before.profileId, revision })) ?? [];
  const traced = traceTransitions(transitions, { snapshot, nowMs: snapshotAtMs ?? nowMs }, changes, plan);
  const memberships = applyTransitions(after.evaluated.memberships, traced);
  return { ...evaluation, after: { ...after, evaluated: { ...after.evaluated, memberships } }, transitions: traced };
}

function isToBeTraced({ origin, cause }: Transition): boolean {
  return origin === UNTRACED || cause.kind === 'RULE';
}
