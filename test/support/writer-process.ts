import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { compiledOf } from './compiled';
import type { WriterOrder, WriterReply } from './store-writer';

/** A process of its own that writes to a store until it is killed. */
export interface WriterProcess {
  readonly pid: number;
  /** Opens the store and writes; resolves when it is open. Fails with its words when it was refused. */
  write(order: WriterOrder): Promise<void>;
  /** The numbers that were acknowledged so far. */
  readonly acknowledged: readonly number[];
  /** Resolves after `count` further acknowledgements. */
  acknowledges(count: number): Promise<void>;
  /** `kill -9`; resolves when it is no more. */
  kill(): Promise<void>;
}

/** Loads the process, which waits for its order. */
export function createWriterProcess(): WriterProcess {
  const child: ChildProcess = fork(compiledOf(join(__dirname, 'store-writer.ts')));
  const exited = once(child, 'exit');
  const acknowledged: number[] = [];
  let waiting: {
    readonly isMet: (reply: WriterReply) => boolean;
    readonly resolve: () => void;
    reject(e: Error): void;
  }[];
  waiting = [];
  const until = (isMet: (reply: WriterReply) => boolean): Promise<void> =>
    new Promise((resolve, reject) => waiting.push({ isMet, resolve, reject }));
  const ready = until((reply) => reply === 'ready');
  child.on('message', (reply: WriterReply) => {
    if (typeof reply === 'object' && 'acknowledged' in reply) acknowledged.push(reply.acknowledged);
    const refused = typeof reply === 'object' && 'refused' in reply ? new Error(reply.refused) : undefined;
    waiting = waiting.filter((each) => {
      if (refused) each.reject(refused);
      const isMet = each.isMet(reply);
      if (isMet) each.resolve();
      return !refused && !isMet;
    });
  });
  void exited.then(([code]) => {
    for (const { reject } of waiting) reject(new Error(`The writer ended by itself with ${code}.`));
  });
  return {
    pid: child.pid ?? 0,
    acknowledged,
    async write(order) {
      await ready;
      const open = until((reply) => reply === 'open');
      child.send(order);
      await open;
    },
    acknowledges(count) {
      const wanted = acknowledged.length + count;
      return until(() => acknowledged.length >= wanted);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
