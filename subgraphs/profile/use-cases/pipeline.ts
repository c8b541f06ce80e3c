import type { Write } from '../../../platform/store/store';
import type { Item } from '../domain/item';
import type { ItemFault } from '../domain/item-fault';

/** How it ended for one item that was sound in itself. */
export type ItemOutcome =
  | { readonly status: 'ACCEPTED' | 'DUPLICATE'; readonly profileId?: string }
  | { readonly status: 'REJECTED'; readonly fault: ItemFault; readonly profileId?: string };

/** What came in together. It is answered together, when all that was accepted of it is there for good. */
export interface Submission {
  readonly items: readonly Item[];
  /** Further writes of the same commit, made anew with every try. */
  readonly also?: (outcomes: readonly ItemOutcome[]) => readonly Write[];
}

/** Takes several submissions in one commit, and answers each. Everything or nothing. */
export type Round = (
  sandbox: string,
  submissions: readonly Submission[],
) => Promise<readonly (readonly ItemOutcome[])[]>;

/** The one way to people: whoever comes while a commit is under way shares the next. */
export interface Pipeline {
  submit(sandbox: string, submission: Submission): Promise<readonly ItemOutcome[]>;
  /** Resolves when nothing is under way or waits. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly submission: Submission;
  readonly resolve: (outcomes: readonly ItemOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

// Bounds how long one round keeps others waiting.
const MOST_ITEMS = 1024;

/** One pipeline per process; sandboxes do not wait for each other. */
export function createPipeline(round: Round): Pipeline {
  const queues = new Map<string, Waiting[]>();
  const running = new Map<string, Promise<void>>();

  const settle = async (sandbox: string, group: readonly Waiting[]): Promise<void> => {
    try {
      const answers = await round(
        sandbox,
        group.map(({ submission }) => submission),
      );
      group.forEach(({ resolve }, index) => {
        resolve(answers[index] ?? []);
      });
    } catch (error) {
      const [only] = group;
      if (group.length === 1) return only?.reject(error);
      // One of them cannot be taken; it must not take its neighbours along.
      for (const each of group) await settle(sandbox, [each]);
    }
  };

  const run = async (sandbox: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      // Everything that the sockets brought in this turn of the event loop joins in.
      await new Promise<void>((resolve) => setImmediate(resolve));
      await settle(sandbox, takeGroup(queue));
    }
    running.delete(sandbox);
  };

  return {
    submit: (sandbox, submission) =>
      new Promise((resolve, reject) => {
        const queue = queues.get(sandbox) ?? [];
        queues.set(sandbox, queue);
        queue.push({ submission, resolve, reject });
        if (!running.has(sandbox)) running.set(sandbox, run(sandbox, queue));
      }),
    async idle() {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}

function takeGroup(queue: Waiting[]): readonly Waiting[] {
  let items = 0;
  let count = 0;
  for (const { submission } of queue) {
    items += submission.items.length;
    if (count > 0 && items > MOST_ITEMS) break;
    count += 1;
  }
  return queue.splice(0, count);
}
