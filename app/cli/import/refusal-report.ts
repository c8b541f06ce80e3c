import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Refusal } from './refusal';

/** The file of rows that did not go in: NDJSON, one refusal a line, in the order of the file. */
export interface RefusalReport {
  /** The length up to here. */
  readonly bytes: number;
  append(refusals: readonly Refusal[]): Promise<void>;
  /** Resolves when all that was appended is on the disk. */
  sync(): Promise<void>;
  /** Closes it, and removes it when it is empty. */
  close(): Promise<void>;
}

/** Opens the report, cut to the first `keepBytes`: what an import that stopped wrote after its checkpoint is written again. */
export async function openReport(path: string, keepBytes: number): Promise<RefusalReport> {
  let handle: FileHandle | undefined = keepBytes > 0 ? await open(path, 'r+') : undefined;
  let bytes = keepBytes;
  if (handle) await handle.truncate(keepBytes);
  else await rm(path, { force: true });
  return {
    get bytes() {
      return bytes;
    },
    async append(refusals) {
      if (refusals.length === 0) return;
      handle ??= await open(path, 'w');
      const text = Buffer.from(refusals.map((refusal) => `${JSON.stringify(toLine(refusal))}\n`).join(''));
      await handle.write(text, 0, text.length, bytes);
      bytes += text.length;
    },
    async sync() {
      await handle?.sync();
    },
    async close() {
      await handle?.close();
    },
  };
}

function toLine({ line, code, path, message }: Refusal): Refusal {
  return { line, code, ...(path === undefined ? {} : { path }), message };
}
