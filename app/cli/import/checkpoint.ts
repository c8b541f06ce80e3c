import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigurationError } from '../../config';

/** What became of the rows so far. */
export interface Counts {
  readonly rows: number;
  readonly accepted: number;
  /** Items that were there already. */
  readonly duplicates: number;
  readonly refused: number;
  /** Left out on purpose: reason → how many. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** The counts of an import that has not begun. */
export const NOTHING: Counts = { rows: 0, accepted: 0, duplicates: 0, refused: 0, skipped: {} };

/** What must be the same for an import to go on where it stopped. */
export interface ImportIdentity {
  readonly file: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly dataset: string;
  readonly target: string;
  /** Of the mapping's text and of how the file is read. */
  readonly mapping: string;
}

/** How far an import is: the rows before `counts.rows` are in, and their refusals within the report's first bytes. */
export interface Checkpoint {
  readonly identity: ImportIdentity;
  readonly counts: Counts;
  readonly reportBytes: number;
}

const count = z.int().min(0);
const checkpointForm = z.object({
  identity: z.object({
    file: z.string(),
    sizeBytes: count,
    modifiedMs: z.number(),
    dataset: z.string(),
    target: z.string(),
    mapping: z.string(),
  }),
  counts: z.object({
    rows: count,
    accepted: count,
    duplicates: count,
    refused: count,
    skipped: z.record(z.string(), count),
  }),
  reportBytes: count,
});

/** The identity of an import of `file`. */
export async function identify(
  file: string,
  { dataset, target, readAs }: { readonly dataset: string; readonly target: string; readonly readAs: string },
): Promise<ImportIdentity> {
  const { size, mtimeMs } = await stat(file);
  const mapping = createHash('sha256').update(readAs).digest('hex');
  return { file, sizeBytes: size, modifiedMs: mtimeMs, dataset, target, mapping };
}

/** The checkpoint of an import that stopped half-way; `undefined` when there is none. */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const parsed = checkpointForm.safeParse(toJson(text));
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(`${path} is no checkpoint of an import. Remove it, or begin anew with --restart.`);
}

/** Fails with what differs when `found` belongs to another import than `wanted`. */
export function checkSameImport(path: string, found: ImportIdentity, wanted: ImportIdentity): void {
  const differing = (Object.keys(wanted) as (keyof ImportIdentity)[]).filter((key) => found[key] !== wanted[key]);
  if (differing.length === 0) return;
  throw new ConfigurationError(
    `${path} belongs to an import that was begun with another ${differing.map((key) => WORDS[key]).join(', ')}. ` +
      'Begin anew with --restart: what is in already is not counted twice.',
  );
}

const WORDS: Readonly<Record<keyof ImportIdentity, string>> = {
  file: 'file',
  sizeBytes: 'content of the file',
  modifiedMs: 'time of the file',
  dataset: 'dataset',
  target: 'target',
  mapping: 'mapping',
};

/** Replaces the checkpoint: after a crash there is the old one or the new one, whole. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const written = `${path}.new`;
  const handle = await open(written, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(checkpoint)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(written, path);
}

/** An import that is finished leaves no checkpoint. */
export function removeCheckpoint(path: string): Promise<void> {
  return rm(path, { force: true });
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
