import type { WaitingCommit } from '../group-commit';
import type { Written } from './group-writer';
import type { createPacking, PackedCommit, PackedGroup } from './packed-commit';
import type { SqliteLog } from './sqlite-log';
import type { ThreadWriter } from './thread-writer';

/** What writing stands on. */
export interface WriteGroupsDependencies {
  readonly pack: ReturnType<typeof createPacking>;
  readonly log: SqliteLog;
  /** Writes on this thread. */
  readonly write: (group: PackedGroup) => readonly Written[];
  /** The thread for large groups, which is started where one is needed. Absent: all is written here. */
  readonly thread?: (isNeeded: boolean) => ThreadWriter | undefined;
  /** How many writes and entries make a group large; 0: all are, and wait for the thread to start. */
  readonly largeFrom?: number;
  readonly flush: () => Promise<void>;
}

interface Packed {
  readonly waiting: WaitingCommit;
  readonly commit: PackedCommit;
}

// A smaller group is written in less time than it takes to send it to another thread and back.
const LARGE_FROM = 128;

/**
 * Writes groups of commits, then flushes them. Nothing is acknowledged or shown in the log before. Large groups are written
 * on a thread of their own, as soon as it has started, so that this one goes on meanwhile.
 */
export function createWriteGroups(dependencies: WriteGroupsDependencies) {
  const { pack, log, write, thread, largeFrom = LARGE_FROM, flush } = dependencies;

  const packAll = (group: readonly WaitingCommit[]): readonly Packed[] =>
    group.flatMap((waiting) => {
      try {
        return [{ waiting, commit: pack(waiting.commit) }];
      } catch (error) {
        waiting.reject(error);
        return [];
      }
    });

  /** Resolves when what was written is safe. */
  const writeAll = async (group: PackedGroup): Promise<readonly Written[]> => {
    const size = group.commits.reduce((sum, { writes, entries }) => sum + writes.length + entries.length, 0);
    const isLarge = size >= largeFrom;
    const writer = thread?.(isLarge);
    // Asked also for small groups: once the thread has failed, nothing is written any more.
    const isReady = writer?.isReady();
    if (writer && isLarge && (isReady || largeFrom === 0)) return writer.write(group);
    const written = write(group);
    if (written.some(({ failure }) => !failure)) await flush();
    return written;
  };

  return async (group: readonly WaitingCommit[]): Promise<void> => {
    const packed = packAll(group);
    if (packed.length === 0) return;
    const written = await writeAll({ commits: packed.map(({ commit }) => commit), heads: log.heads() });
    const good = packed.filter(({ waiting }, index) => {
      const { failure } = written[index] ?? {};
      if (failure) waiting.reject(failure);
      return !failure;
    });
    for (const { waiting, commit } of good) log.publish(waiting.commit, commit);
    for (const { waiting } of good) waiting.resolve();
  };
}
