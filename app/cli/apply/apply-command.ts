import type { Command } from 'commander';
import { type Environment, readVariables } from '../../config';
import { EXIT } from '../../exit';
import { createPlatformParts } from '../../platform-parts';
import { rulesOf, storeOf } from '../../settings';
import { readQuietEnvironment } from '../quiet-environment';
import { requireKey, requireUrl } from '../server-address';
import { describeFault } from '../yaml-source';
import { type Ask, createHttpAsk } from './graph-client';
import { type ApplyOutcome, runApply } from './run-apply';

interface ApplyFlags {
  readonly url?: string;
  readonly key?: string;
  readonly data?: string;
}

/** `attune apply`: configuration from YAML into a running server, or into the data folder. */
export function addApplyCommand(program: Command): void {
  program
    .command('apply <folder>')
    .description('Apply YAML configuration: checked as a whole first; twice the same changes nothing.')
    .option('-u, --url <url>', 'a running server, with --key or ATTUNE_ADMIN_KEY; default: the data folder itself')
    .option('-k, --key <key>', 'the admin key for --url (ATTUNE_ADMIN_KEY)')
    .option('-d, --data <folder>', 'the data folder, while no server holds it (ATTUNE_DATA)')
    .action(async (folder: string, flags: ApplyFlags) => {
      const environment = readQuietEnvironment({ ATTUNE_DATA: flags.data });
      const { ask, close } = await openGraph(flags, environment);
      try {
        const onItem = ({ kind, id, outcome }: { kind: string; id: string; outcome: string }): void => {
          process.stdout.write(`${outcome.padEnd(9)}  ${kind} ${id}\n`);
        };
        const outcome = await runApply({ folder, ask, variables: readVariables(), onItem });
        process.exitCode = report(outcome);
      } finally {
        await close();
      }
    });
}

interface Graph {
  readonly ask: Ask;
  close(): Promise<void>;
}

async function openGraph({ url, key }: ApplyFlags, environment: Environment): Promise<Graph> {
  if (url !== undefined) {
    const ask = createHttpAsk(requireUrl(url), requireKey(key ?? environment.ATTUNE_ADMIN_KEY, 'ATTUNE_ADMIN_KEY'));
    return { ask, close: async () => {} };
  }
  const { createAttune } = await import('../../attune.js');
  const { execute, adminKey, idle, close } = await createAttune({
    ...createPlatformParts(environment),
    store: storeOf(environment),
    ...rulesOf(environment),
  });
  return {
    ask: (query, variables = {}) => execute({ query, variables, key: adminKey }),
    async close() {
      await idle();
      await close();
    },
  };
}

function report({ applied, refused, left }: ApplyOutcome): number {
  const count = (outcome: string): number => applied.filter((item) => item.outcome === outcome).length;
  process.stdout.write(`${count('created')} created, ${count('changed')} changed, ${count('unchanged')} unchanged\n`);
  for (const fault of refused) process.stderr.write(`${describeFault(fault)}\n`);
  if (left > 0) process.stderr.write(`${left} more were not tried, as they may depend on what was refused.\n`);
  return refused.length > 0 ? EXIT.failed : EXIT.done;
}
