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
  /** The thread for large groups; the first call starts it. Absent: all is written here. */
  readonly thread?: () => ThreadWriter;
  readonly flush: () => Promise<void>;
}

interface Packed {
  readonly waiting: WaitingCommit;
  readonly commit: PackedCommit;
}

// A smaller group is written in less time than it takes to send it to another thread and back.
const LARGE = 128;

/**
 * Writes groups of commits, then flushes them. Nothing is acknowledged or shown in the log before. Large groups are written
 * on a thread of their own, as soon as it has started, so that this one goes on meanwhile.
 */
export function createWriteGroups(dependencies: WriteGroupsDependencies) {
  const { pack, log, write, thread, flush } = dependencies;

  const packAll = (group: readonly WaitingCommit[]): readonly Packed[] =>
    group.flatMap((waiting) => {
      try {
        return [{ waiting, commit: pack(waiting.commit) }];
      } catch (error) {
        waiting.reject(error);
        return [];
      }
    });

  const writeAll = (group: PackedGroup): readonly Written[] | Promise<readonly Written[]> => {
    const size = group.commits.reduce((sum, { writes, entries }) => sum + writes.length + entries.length, 0);
    const writer = size < LARGE ? undefined : thread?.();
    return writer?.isReady() ? writer.write(group) : write(group);
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
    if (good.length > 0) await flush();
    for (const { waiting, commit } of good) log.publish(waiting.commit, commit);
    for (const { waiting } of good) waiting.resolve();
  };
}
