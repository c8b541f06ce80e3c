import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { waitForEnd } from '../../exit';
import { createPlatformParts } from '../../platform-parts';
import { readQuietEnvironment } from '../quiet-environment';

interface DemoFlags {
  readonly port?: number;
  readonly data?: string;
}

/** `attune demo`: a small shop to try everything on. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('Start a small shop with visitors, segments, offers and a webhook, and print a tour.')
    .option('-p, --port <port>', 'where to listen; 0 takes a free port (default: 4000, or a free one)', toPort)
    .option('-d, --data <folder>', 'where its data is kept (default: demo in ATTUNE_DATA)')
    .action(async ({ port, data }: DemoFlags) => {
      const environment = readQuietEnvironment({});
      const parts = createPlatformParts(environment);
      const onMessage = ({
        segment,
        status,
        identity,
      }: {
        segment: string;
        status: string;
        identity: string;
      }): void => {
        process.stdout.write(`webhook: ${identity} ${status} in ${segment}\n`);
      };
      const folder = data ?? join(environment.ATTUNE_DATA, 'demo');
      const { runDemo } = await import('./run-demo.js');
      const demo = await runDemo({ folder, port, parts, onMessage });
      process.stdout.write(demo.tour);
      await waitForEnd();
      await demo.close();
    });
}

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}
