import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT } from '../../exit';
import { createPlatformParts } from '../../platform-parts';
import { onFirstInterrupt } from '../interrupt';
import { readQuietEnvironment } from '../quiet-environment';
import { createImportProgress, toDuration, toNumber } from './import-progress';
import { destinationOf, openImportTarget, type TargetFlags } from './import-target';
import type { FileFormat } from './read-rows';
import { type ImportOutcome, runImport } from './run-import';

interface ImportFlags extends TargetFlags {
  readonly mapping?: string;
  readonly format?: FileFormat;
  readonly encoding?: string;
  readonly data?: string;
  readonly state?: string;
  readonly report?: string;
  readonly restart?: boolean;
  readonly batch: number;
  readonly atOnce: number;
}

/** `attune import`: a file of rows into a dataset, an audience or a device graph of a running server, or of the data folder. */
export function addImportCommand(program: Command): void {
  program
    .command('import <file>')
    .description('Import CSV or NDJSON, also compressed with gzip. The same call resumes what was stopped.')
    .option('-D, --dataset <id>', 'the dataset that takes the rows')
    .option('-A, --audience <id>', 'or the audience from elsewhere that the rows name members of')
    .option('-G, --device-graph <id>', 'or the device graph that the rows are links of')
    .option('--provider <name>', 'who the audience or device graph comes from')
    .option('--name <name>', 'of the audience or device graph (default: its id)')
    .option('--valid-days <days>', 'how long members and links stay that do not say (default: 30)', toCount)
    .option('--labels <labels>', 'of the audience, with commas between')
    .option('--namespace <id>', 'of identities whose row names none')
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
  const dataset = destinationOf(flags);
  const target = await openImportTarget(flags, environment, parts);
  const interrupt = onFirstInterrupt();
  try {
    const { state: stateFolder, batch: batchRows } = flags;
    const progress = (resumedRows: number) => {
      if (resumedRows > 0) process.stderr.write(`Going on after row ${toNumber(resumedRows)}, where it stopped.\n`);
      return createImportProgress(process.stderr, clock, resumedRows);
    };
    const { signal } = interrupt;
    const outcome = await runImport({
      ...flags,
      dataset,
      file,
      target,
      clock,
      stateFolder,
      batchRows,
      signal,
      progress,
    });
    process.stdout.write(describe(outcome, dataset));
    if (!outcome.finished) return EXIT.failed;
    return outcome.counts.refused > 0 ? EXIT.partly : EXIT.done;
  } finally {
    interrupt.release();
    await target.close();
  }
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
