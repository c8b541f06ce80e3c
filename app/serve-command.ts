import type { Command } from 'commander';
import { readEnvironment } from './config';
import { waitForEnd } from './exit';

interface ServeFlags {
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
  readonly config?: string;
}

/** `attune serve`: the whole in one process, or with SERVE one part of it. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('Serve the graph. Settings come from the environment; flags go before them.')
    .option('-p, --port <port>', 'where to listen; 0 takes a free port (PORT)')
    .option('--host <host>', 'the address to listen on (HOST)')
    .option('-d, --data <folder>', 'where the data is kept (ATTUNE_DATA)')
    .option('-c, --config <folder>', 'YAML configuration to apply at the start (ATTUNE_CONFIG)')
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('./serve.js');
      const served = await serve(readEnvironment(toVariables(flags)));
      process.stdout.write(`Attune answers at ${served.url}/graphql\n`);
      await waitForEnd();
      await served.close();
    });
}

function toVariables({ port, host, data, config }: ServeFlags): Record<string, string | undefined> {
  return { PORT: port, HOST: host, ATTUNE_DATA: data, ATTUNE_CONFIG: config };
}
