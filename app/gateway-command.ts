import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { ConfigurationError, readEnvironment } from './config';
import { waitForEnd } from './exit';
import { hashKeys } from './keys';
import { createPlatformParts } from './platform-parts';
import { keysOf } from './settings';

interface GatewayFlags {
  readonly supergraph: string;
  readonly port?: string;
  readonly host?: string;
  readonly authorize: 'keys' | 'none';
  readonly overrideLabels?: string;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** `attune gateway`: serves any composed supergraph over HTTP subgraphs, whose addresses it names. */
export function addGatewayCommand(program: Command): void {
  program
    .command('gateway')
    .description('Serve any composed Federation 2 supergraph over its HTTP subgraphs.')
    .requiredOption('-s, --supergraph <file>', 'the composed supergraph (SDL)')
    .option('-p, --port <port>', 'where to listen; 0 takes a free port (PORT)')
    .option('--host <host>', 'the address to listen on (HOST)')
    .option(
      '--override-labels <labels>',
      'labels of @override that are on, with commas between (ATTUNE_OVERRIDE_LABELS)',
    )
    .addOption(
      new Option('--authorize <how>', 'who may ask: holders of API keys, or anybody on this machine')
        .choices(['keys', 'none'])
        .default('keys'),
    )
    .action(async ({ supergraph, port, host, authorize, overrideLabels }: GatewayFlags) => {
      const environment = readEnvironment({ PORT: port, HOST: host, ATTUNE_OVERRIDE_LABELS: overrideLabels });
      if (authorize === 'none' && !LOOPBACK.has(environment.HOST)) {
        throw new ConfigurationError(`--authorize none serves this machine alone; HOST is ${environment.HOST}.`);
      }
      const { createStandaloneGateway } = await import('../gateway/standalone.js');
      const gateway = await createStandaloneGateway({
        ...createPlatformParts(environment),
        supergraphSdl: await readSupergraph(supergraph),
        ...(environment.ATTUNE_OVERRIDE_LABELS && { overrideLabels: environment.ATTUNE_OVERRIDE_LABELS }),
        authorize: authorize === 'none' ? 'none' : hashKeys(keysOf(environment)),
      });
      const { url } = await gateway.listen(environment.PORT, environment.HOST);
      process.stdout.write(`The supergraph answers at ${url}/graphql\n`);
      await waitForEnd();
      await gateway.close();
    });
}

function readSupergraph(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new ConfigurationError(`The supergraph cannot be read: ${error.message}.`);
  });
}
