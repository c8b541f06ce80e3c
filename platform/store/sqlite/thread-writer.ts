import { AppError } from '../../errors';
import { startThread } from '../../threads';
import type { Written } from './group-writer';
import type { PackedGroup } from './packed-commit';
import { fromSentError, type SentError } from './sent-error';
import type { WriterThreadData } from './writer-thread';

/** Writes groups of commits on another thread, one after another. */
export interface ThreadWriter {
  /** False until the thread has started. Fails as `write`. */
  isReady(): boolean;
  /**
   * Resolves when what was written is safe. Fails with UNAVAILABLE, for ever, once the thread has failed: how a group under
   * way ended is then unknown.
   */
  write(group: PackedGroup): Promise<readonly Written[]>;
  close(): Promise<void>;
}

interface Asked {
  readonly resolve: (written: readonly Written[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Starts the thread. It keeps nobody from ending the process. */
export function createThreadWriter(data: WriterThreadData): ThreadWriter {
  const thread = startThread(__dirname, 'writer-thread', data);
  let ready = false;
  let failure: AppError | undefined;
  let asked: Asked | undefined;
  const ended = new Promise<void>((resolve) => {
    const fail = (cause: unknown): void => {
      failure ??= new AppError('UNAVAILABLE', 'The thread that writes has ended.', { cause, retryable: false });
      asked?.reject(failure);
      asked = undefined;
    };
    thread.on('error', fail);
    thread.on('exit', (code) => {
      fail(new Error(`It ended with ${code}.`));
      resolve();
    });
  });
  thread.on('message', (message: 'ready' | readonly (SentError | undefined)[]) => {
    if (message === 'ready') {
      ready = true;
      return;
    }
    const { resolve } = asked ?? {};
    asked = undefined;
    thread.unref();
    resolve?.(message.map((sent) => (sent ? { failure: fromSentError(sent) } : {})));
  });
  thread.unref();
  return {
    isReady() {
      if (failure) throw failure;
      return ready;
    },
    write: (group) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        asked = { resolve, reject };
        // While something is asked for, the process waits for it.
        thread.ref();
        thread.postMessage(group);
      }),
    async close() {
      thread.ref();
      thread.postMessage(undefined);
      await ended;
    },
  };
}
