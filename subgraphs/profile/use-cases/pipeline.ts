import type { Write } from '../../../platform/store/store';
import type { Item } from '../domain/item';
import type { ItemFault } from '../domain/item-fault';
import type { CommitPlan, Plan } from './plan';

/** How it ended for one item that was sound in itself. */
export type ItemOutcome =
  | { readonly status: 'ACCEPTED' | 'DUPLICATE'; readonly profileId?: string }
  | { readonly status: 'REJECTED'; readonly fault: ItemFault; readonly profileId?: string };

/** What came in together. It is answered together, when all that was accepted of it is there for good. */
export interface Submission {
  readonly items: readonly Item[];
  /** The batch that brought them; absent: they came directly. */
  readonly batch?: string;
  /** Further writes of the same commit, made anew with every try. */
  readonly also?: (outcomes: readonly ItemOutcome[]) => readonly Write[];
}

/** Decides about several submissions together. The result holds their outcomes. */
export type PlanItems = (
  sandbox: string,
  submissions: readonly Submission[],
) => Promise<Plan<readonly (readonly ItemOutcome[])[]>>;

/** The one way to people: whoever comes while a commit is under way shares the next. */
export interface Pipeline {
  submit(sandbox: string, submission: Submission): Promise<readonly ItemOutcome[]>;
  /** Commits a plan of another kind when its turn comes, alone. */
  perform<T>(sandbox: string, makePlan: () => Promise<Plan<T>>): Promise<T>;
  /** Resolves when nothing is under way or waits. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly submission: Submission;
  readonly resolve: (outcomes: readonly ItemOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

type Turn = Waiting | (() => Promise<void>);

/** The work for one sandbox. */
interface Lane {
  readonly queue: Turn[];
  /** Groups that are decided or committed. */
  readonly underWay: Set<Promise<void>>;
  running?: Promise<void>;
}

// Bounds how long one commit keeps others waiting.
const MOST_ITEMS = 1024;
// Of many that wait together, half are taken first: all in one group would leave nothing to decide while it is committed.
const FEW_ITEMS = 128;

// While one group is committed, the next is decided.
const AT_ONCE = 2;

/** One pipeline per process; sandboxes do not wait for each other. */
export function createPipeline(planItems: PlanItems, commit: CommitPlan): Pipeline {
  const lanes = new Map<string, Lane>();

  const settle = async (sandbox: string, group: readonly Waiting[], onDecided: () => void): Promise<void> => {
    try {
      const submissions = group.map(({ submission }) => submission);
      const decide = () => planItems(sandbox, submissions).finally(onDecided);
      const answers = await commit(sandbox, decide);
      group.forEach(({ resolve }, index) => {
        resolve(answers[index] ?? []);
      });
    } catch (error) {
      const [only] = group;
      if (group.length === 1) return only?.reject(error);
      // One of them cannot be taken; it must not take its neighbours along.
      for (const each of group) await settle(sandbox, [each], onDecided);
    }
  };

  const run = async (sandbox: string, lane: Lane): Promise<void> => {
    const { queue, underWay } = lane;
    while (queue.length > 0) {
      // Everything that the sockets brought in this turn of the event loop joins in.
      await new Promise<void>((resolve) => setImmediate(resolve));
      const [first] = queue;
      if (typeof first === 'function') {
        await Promise.all(underWay);
        queue.shift();
        await first();
        continue;
      }
      while (underWay.size >= AT_ONCE) await Promise.race(underWay);
      await new Promise<void>((resolve) => {
        const most = underWay.size === 0 ? Math.max(FEW_ITEMS, itemsOf(queue) / 2) : MOST_ITEMS;
        const group = takeGroup(queue, Math.min(most, MOST_ITEMS));
        const work = settle(sandbox, group, resolve).finally(() => underWay.delete(work));
        underWay.add(work);
      });
    }
    delete lane.running;
  };

  const enqueue = (sandbox: string, turn: Turn): void => {
    const lane = lanes.get(sandbox) ?? { queue: [], underWay: new Set() };
    lanes.set(sandbox, lane);
    lane.queue.push(turn);
    lane.running ??= run(sandbox, lane);
  };

  return {
    submit: (sandbox, submission) =>
      new Promise((resolve, reject) => {
        enqueue(sandbox, { submission, resolve, reject });
      }),
    perform: (sandbox, makePlan) =>
      new Promise((resolve, reject) => {
        enqueue(sandbox, () => commit(sandbox, makePlan).then(resolve, reject));
      }),
    async idle() {
      for (let work = workOf(lanes); work.length > 0; work = workOf(lanes)) await Promise.all(work);
    },
  };
}

function workOf(lanes: ReadonlyMap<string, Lane>): readonly Promise<void>[] {
  return [...lanes.values()].flatMap(({ running, underWay }) => [...underWay, ...(running ? [running] : [])]);
}

function itemsOf(queue: readonly Turn[]): number {
  return queue.reduce((sum, turn) => sum + (typeof turn === 'function' ? 0 : turn.submission.items.length), 0);
}

function takeGroup(queue: Turn[], most: number): readonly Waiting[] {
  const group: Waiting[] = [];
  let items = 0;
  for (const turn of queue) {
    if (typeof turn === 'function') break;
    items += turn.submission.items.length;
    if (group.length > 0 && items > most) break;
    group.push(turn);
  }
  queue.splice(0, group.length);
  return group;
}
