import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createAttune } from '../../attune';
import type { Environment } from '../../config';
import { EXIT } from '../../exit';
import { createPlatformParts, type PlatformParts } from '../../platform-parts';
import { storeOf } from '../../serve';
import { onFirstInterrupt } from '../interrupt';
import { readQuietEnvironment } from '../quiet-environment';
import { requireKey, requireUrl } from '../server-address';
import { createHttpTarget } from './http-target';
import { createImportProgress, toDuration, toNumber } from './import-progress';
import { createInProcessTarget } from './in-process-target';
import type { FileFormat } from './read-rows';
import { type ImportOutcome, runImport } from './run-import';
import type { ImportTarget } from './target';

interface ImportFlags {
  readonly dataset: string;
  readonly mapping?: string;
  readonly format?: FileFormat;
  readonly encoding?: string;
  readonly url?: string;
  readonly key?: string;
  readonly data?: string;
  readonly state?: string;
  readonly report?: string;
  readonly restart?: boolean;
  readonly batch: number;
  readonly atOnce: number;
}

/** `attune import`: a file of rows into a dataset of a running server, or of the data folder. */
export function addImportCommand(program: Command): void {
  program
    .command('import <file>')
    .description('Import CSV or NDJSON, also compressed with gzip. The same call resumes what was stopped.')
    .requiredOption('-D, --dataset <id>', 'the dataset that takes the rows')
    .option('-m, --mapping <file>', 'how rows become items (YAML; docs/import.md)')
    .addOption(new Option('--format <format>', "default: by the file's name").choices(['csv', 'ndjson']))
    .option('--encoding <label>', 'of the file: utf-8, latin1 … (default: utf-8)')
    .option('-u, --url <url>', 'a running server, with --key or ATTUNE_SERVER_KEY; default: the data folder itself')
    .option('-k, --key <key>', 'the server key for --url (ATTUNE_SERVER_KEY)')
    .option('-d, --data <folder>', 'the data folder, while no server holds it (ATTUNE_DATA)')
    .option('--state <folder>', 'where the checkpoint and the report are kept (default: beside the file)')
    .option('--report <file>', 'the report of refused rows (default: <file>.refused.ndjson)')
    .option('--restart', 'begin anew; what is in already is not counted twice')
    .option('--batch <rows>', 'rows in one batch', toCount, 1000)
    .option('--at-once <batches>', 'batches on their way at once', toCount, 4)
    .action(async (file: string, flags: ImportFlags) => {
      process.exitCode = await importFile(file, flags);
    });
}

async function importFile(file: string, flags: ImportFlags): Promise<number> {
  const environment = readQuietEnvironment({ ATTUNE_DATA: flags.data });
  const parts = createPlatformParts(environment);
  const { clock } = parts;
  const target = await openTarget(flags, environment, parts);
  const interrupt = onFirstInterrupt();
  try {
    const { state: stateFolder, batch: batchRows } = flags;
    const progress = (resumedRows: number) => {
      if (resumedRows > 0) process.stderr.write(`Going on after row ${toNumber(resumedRows)}, where it stopped.\n`);
      return createImportProgress(process.stderr, clock, resumedRows);
    };
    const { signal } = interrupt;
    const outcome = await runImport({ ...flags, file, target, clock, stateFolder, batchRows, signal, progress });
    process.stdout.write(describe(outcome, flags.dataset));
    if (!outcome.finished) return EXIT.failed;
    return outcome.counts.refused > 0 ? EXIT.partly : EXIT.done;
  } finally {
    interrupt.release();
    await target.close();
  }
}

async function openTarget(
  { url, key }: ImportFlags,
  environment: Environment,
  parts: PlatformParts,
): Promise<ImportTarget> {
  if (url !== undefined) {
    const used = requireKey(key ?? environment.ATTUNE_SERVER_KEY ?? environment.ATTUNE_ADMIN_KEY, 'ATTUNE_SERVER_KEY');
    return createHttpTarget({ url: requireUrl(url), key: used, clock: parts.clock });
  }
  const attune = await createAttune({ ...parts, store: storeOf(environment), timeZone: environment.ATTUNE_TIME_ZONE });
  const target = createInProcessTarget(attune.ingestion, parts.clock);
  return {
    ...target,
    name: environment.MONGODB_URI === undefined ? resolve(environment.ATTUNE_DATA) : 'MongoDB',
    async close() {
      await attune.idle();
      await attune.close();
    },
  };
}

function describe({ finished, counts, resumedRows, report, durationMs }: ImportOutcome, dataset: string): string {
  const { rows, accepted, duplicates, refused, skipped } = counts;
  const seconds = Math.max(0.001, durationMs / 1000);
  const rate = toNumber(Math.round((rows - resumedRows) / seconds));
  const lines = [
    `${finished ? 'Imported' : 'Stopped after'} ${toNumber(rows)} rows ${finished ? 'into' : 'of the import into'} ${dataset} in ${toDuration(seconds)} (${rate} rows/s):`,
    `  ${toNumber(accepted)} accepted`,
    `  ${toNumber(duplicates)} were there already`,
    ...Object.entries(skipped).map(([reason, count]) => `  ${toNumber(count)} left out: ${reason}`),
    `  ${toNumber(refused)} refused${report ? `, listed in ${report}` : ''}`,
    ...(finished ? [] : ['The same command goes on from there.']),
  ];
  return `${lines.join('\n')}\n`;
}

function toCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= 100_000) return count;
  throw new InvalidArgumentError('A whole number from 1 to 100,000 is needed.');
}
