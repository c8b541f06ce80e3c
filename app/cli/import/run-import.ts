import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Clock } from '../../../platform/clock';
import { ConfigurationError } from '../../config';
import { type Counts, checkSameImport, identify, NOTHING, readCheckpoint } from './checkpoint';
import type { ImportProgress } from './import-progress';
import { type ImportMapping, parseMapping } from './mapping';
import { type FileFormat, type FileReading, formatOf, openRows } from './read-rows';
import { openReport } from './refusal-report';
import { createRowMapping } from './row-mapping';
import { sendRows } from './send-rows';
import type { ImportTarget } from './target';

/** What is imported, and where to. */
export interface ImportOptions {
  readonly file: string;
  readonly dataset: string;
  /** The path of a mapping; without one, rows are taken as items as they are. */
  readonly mapping?: string | undefined;
  readonly target: ImportTarget;
  readonly clock: Clock;
  /** Default: what the file's name tells. */
  readonly format?: FileFormat | undefined;
  /** Default: the mapping's, else UTF-8. */
  readonly encoding?: string | undefined;
  /** The folder of the checkpoint and of the report; default: the file's own. */
  readonly stateFolder?: string | undefined;
  /** The report of refused rows; default: `<file>.refused.ndjson` in the state folder. */
  readonly report?: string | undefined;
  /** Begins anew, whatever an earlier run left. */
  readonly restart?: boolean | undefined;
  /** Stops the import after what is under way; the same call goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly batchRows?: number | undefined;
  /** How many batches are on their way at once. */
  readonly atOnce?: number | undefined;
  /** Shows the progress; made when it is known whether an earlier run is resumed. */
  readonly progress?: ((resumedRows: number) => ImportProgress) | undefined;
}

/** How an import ended. */
export interface ImportOutcome {
  /** False when the signal stopped it. */
  readonly finished: boolean;
  readonly counts: Counts;
  /** How many rows an earlier run had brought in. */
  readonly resumedRows: number;
  /** Where the refused rows are listed, if there are any. */
  readonly report?: string;
  readonly durationMs: number;
}

/**
 * Imports a file: reads it piece by piece, maps its rows, sends them in batches, some at once. A checkpoint is written
 * behind what was acknowledged, so a run that ended in any way is resumed by the same call, and counts nothing twice.
 */
export async function runImport(options: ImportOptions): Promise<ImportOutcome> {
  const { clock, dataset, target, restart } = options;
  const startedMs = clock.now();
  const file = resolve(options.file);
  const mapping = await readMapping(options.mapping);
  const reading = readingOf(file, options, mapping?.value);
  const paths = pathsOf(file, options);
  await mkdir(dirname(paths.checkpoint), { recursive: true });
  const readAs = JSON.stringify([mapping?.text, { ...reading, file: undefined }]);
  const identity = await identify(file, { dataset, target: target.name, readAs });
  const found = restart ? undefined : await readCheckpoint(paths.checkpoint);
  if (found) checkSameImport(paths.checkpoint, found.identity, identity);
  const from = found ?? { identity, counts: NOTHING, reportBytes: 0 };
  const reader = await openRows(reading);
  const mapRows = createRowMapping(mapping?.value, reading.format, basename(file));
  const report = await openReport(paths.report, from.reportBytes);
  try {
    const sent = await sendRows({ ...options, reader, mapRows, report, from, checkpoint: paths.checkpoint });
    const listed = sent.counts.refused > 0 ? { report: paths.report } : {};
    return { ...sent, ...listed, resumedRows: from.counts.rows, durationMs: clock.now() - startedMs };
  } finally {
    await report.close();
  }
}

interface ReadMapping {
  readonly text: string;
  readonly value: ImportMapping;
}

async function readMapping(path: string | undefined): Promise<ReadMapping | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigurationError(`The mapping ${path} cannot be read.`, { cause });
  });
  return { text, value: parseMapping(path, text) };
}

function readingOf(file: string, options: ImportOptions, mapping: ImportMapping | undefined): FileReading {
  const format = options.format ?? mapping?.format ?? formatOf(file);
  if (!format) throw new ConfigurationError(`Is ${basename(file)} CSV or NDJSON? Say it with --format csv or ndjson.`);
  const delimiter = mapping?.delimiter ?? (/\.tsv(\.gz)?$/i.test(file) ? '\t' : ',');
  const encoding = options.encoding ?? mapping?.encoding ?? 'utf-8';
  return { file, format, delimiter, encoding, width: mapping?.header?.length };
}

function pathsOf(file: string, { stateFolder = dirname(file), report }: ImportOptions) {
  const beside = join(resolve(stateFolder), basename(file));
  return { checkpoint: `${beside}.attune-import.json`, report: report ? resolve(report) : `${beside}.refused.ndjson` };
}
