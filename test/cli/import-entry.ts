import { createHttpTarget } from '../../app/cli/import/http-target';
import { runImport } from '../../app/cli/import/run-import';
import { createSystemClock } from '../../platform/clock';

/** An import as a process of its own, so that it can be killed. Arguments: file, mapping, url, key. */
async function main([file = '', mapping = '', url = '', key = '']: readonly string[]): Promise<void> {
  // Every look at this clock is a second later, so that every batch leaves a checkpoint.
  let nowMs = 0;
  const clock = {
    ...createSystemClock(),
    now: () => {
      nowMs += 1000;
      return nowMs;
    },
  };
  const target = createHttpTarget({ url, key, clock });
  const outcome = await runImport({ file, dataset: 'orders', mapping, target, clock, batchRows: 20, atOnce: 3 });
  await target.close();
  process.send?.(outcome);
}

void main(process.argv.slice(2));
