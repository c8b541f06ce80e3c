import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../platform/log';
import { createAttune } from './attune';

const FOLDER = join(__dirname, '..', 'docs', 'schema');

/** Writes the API schema and the supergraph to docs/schema; with `--check` it compares them, so that a change shows. */
async function printSchema(check: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'attune-schema-'));
  const attune = await createAttune({ store: { kind: 'embedded', folder }, log: createLog('silent') });
  const printed = { 'api.graphql': attune.schemaSdl, 'supergraph.graphql': attune.supergraphSdl };
  await attune.close();
  await rm(folder, { recursive: true });
  for (const [name, sdl] of Object.entries(printed)) {
    const file = join(FOLDER, name);
    if (!check) await writeFile(file, `${sdl.trim()}\n`);
    else if ((await readFile(file, 'utf8').catch(() => '')) !== `${sdl.trim()}\n`) {
      throw new Error(
        `docs/schema/${name} is not what the code makes. Run \`npm run schema\` and read the difference.`,
      );
    }
  }
}

printSchema(process.argv.includes('--check')).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
