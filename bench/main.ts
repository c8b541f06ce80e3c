import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ALL = [
  'store',
  'rules',
  'gateway',
  'ingest',
  'profiles',
  'ingest-mongo',
  'contention',
  'csv',
  'backfill',
  'collect',
  'stream',
  'subscribers',
  'sockets',
  'retail',
] as const;

/** Runs the measurements that are named, or all, one after another, each in a process of its own, compiled as delivered. */
function runAll(names: readonly string[]): void {
  for (const name of names) {
    process.stdout.write(`\n## ${name}\n\n`);
    const { status } = spawnSync(process.execPath, [join(__dirname, `${name}.js`)], {
      stdio: 'inherit',
    });
    if (status !== 0) process.exitCode = 1;
  }
}

const named = process.argv.slice(2);
runAll(named.length > 0 ? named : ALL);
