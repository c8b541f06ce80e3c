import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { compiledOf } from './compiled';
import type { PartOrder, PartReply } from './part-entry';

/** A process that serves one part after another. It ends with this one, and does not keep it. */
export interface PartChild {
  tell(order: PartOrder): Promise<void>;
  /** Resolves for SIGKILL when it is no more. */
  signal(name: NodeJS.Signals): Promise<void>;
}

/** Starts a process, which waits for its orders. */
export function createPartChild(): PartChild {
  const child = fork(compiledOf(join(__dirname, 'part-entry.ts')), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.unref();
  child.channel?.unref();
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  let orders = 0;
  child.on('message', ({ id, error }: PartReply) => {
    const waiter = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) waiter?.resolve();
    else waiter?.reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`A part ended with ${code}.`));
  });
  return {
    tell: (order) =>
      new Promise((resolve, reject) => {
        orders += 1;
        waiting.set(orders, { resolve, reject });
        child.send({ id: orders, order });
      }),
    async signal(name) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(name);
      if (name === 'SIGKILL') await ended;
    },
  };
}
