import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type Attune, createAttune } from '../app/attune';
import { runApply } from '../app/cli/apply/run-apply';
import { createInProcessTarget } from '../app/cli/import/in-process-target';
import { runImport } from '../app/cli/import/run-import';
import { type Clock, createSystemClock } from '../platform/clock';

const FILE = resolve('../shared/data/online-retail.csv.gz');
const EXAMPLE = resolve('examples/online-retail');
/** Just after the last line of the file. */
const END_MS = Date.UTC(2011, 11, 9, 12, 50, 1);

/** The Online Retail file: imported, stitched and segmented, in one process over a folder. */
async function measureRetail(folder: string): Promise<void> {
  const clock = createClockFrom(END_MS);
  const attune = await createAttune({ store: { kind: 'embedded', folder: join(folder, 'data') }, clock });
  try {
    await applyExample(attune);
    const startedMs = performance.now();
    const target = createInProcessTarget(attune.ingestion, clock);
    const mapping = join(EXAMPLE, 'mapping.yaml');
    const { counts } = await runImport({ file: FILE, dataset: 'retail', mapping, target, clock, stateFolder: folder });
    const importedMs = performance.now() - startedMs;
    await attune.idle();
    const segmentedMs = performance.now() - startedMs;
    const seconds = (ms: number): string => (ms / 1000).toFixed(1);
    process.stdout.write(
      [
        `${counts.rows} rows, ${counts.accepted} events, ${counts.refused} refused`,
        `imported and stitched in ${seconds(importedMs)} s, segmented in ${seconds(segmentedMs)} s (target 60 s)`,
        `highest resident memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB (target 1024 MiB)`,
        ...(await countsOf(attune)),
        '',
      ].join('\n'),
    );
  } finally {
    await attune.close();
  }
}

async function applyExample({ execute, adminKey }: Attune): Promise<void> {
  const { refused } = await runApply({
    folder: join(EXAMPLE, 'configuration'),
    ask: (query, variables = {}) => execute({ query, variables, key: adminKey }),
  });
  if (refused[0]) throw new Error(refused[0].message);
}

async function countsOf({ execute, adminKey }: Attune): Promise<readonly string[]> {
  const { data } = await execute({
    query: '{ segments { edges { node { id counts { realized } } } } }',
    key: adminKey,
  });
  const { edges } = (data as { segments: { edges: { node: { id: string; counts: { realized: number } } }[] } })
    .segments;
  return edges.map(({ node }) => `  ${node.id}: ${node.counts.realized}`);
}

/** The machine's clock, as if it had been `startMs` now. */
function createClockFrom(startMs: number): Clock {
  const system = createSystemClock();
  const aheadMs = system.now() - startMs;
  return { now: () => system.now() - aheadMs, at: (atMs, fire) => system.at(atMs + aheadMs, fire) };
}

/** V8 takes what memory there is before it collects; so it runs as it would on a machine of 1 GiB. */
const HEAP_FLAG = '--max-old-space-size=704';

if (!existsSync(FILE)) {
  process.stdout.write(`Skipped: ${FILE} is not there.\n`);
} else if (!process.execArgv.includes(HEAP_FLAG)) {
  const { status } = spawnSync(process.execPath, [HEAP_FLAG, ...process.execArgv, __filename], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  void measureRetail(folder).finally(() => rmSync(folder, { recursive: true }));
}
