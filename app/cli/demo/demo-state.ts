import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createKey } from '../../keys';

// A key that began with a dash would be an option to a command line.
const keyOf = (scope: string): z.ZodDefault<z.ZodString> => z.string().default(() => `${scope}-${createKey()}`);

const state = z.object({
  keys: z
    .object({ public: keyOf('public'), server: keyOf('server'), admin: keyOf('admin'), privacy: keyOf('privacy') })
    .prefault({}),
  webhookSecret: z.string(),
  webhookPort: z.int().optional(),
  /** When the visitors were taken in. */
  seededAt: z.string().optional(),
});

/** What a demo keeps between its runs: its keys stay the same, and its visitors come once. */
export type DemoState = Readonly<z.output<typeof state>>;

/** The state in a folder; made anew where there is none. */
export async function readDemoState(folder: string): Promise<DemoState> {
  const text = await readFile(pathOf(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) return state.parse(JSON.parse(text));
  const fresh = state.parse({ webhookSecret: createKey() });
  await writeDemoState(folder, fresh);
  return fresh;
}

/** Replaces the state; only its owner can read it. */
export async function writeDemoState(folder: string, demo: DemoState): Promise<void> {
  await mkdir(folder, { recursive: true });
  const written = `${pathOf(folder)}.new`;
  await writeFile(written, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  await rename(written, pathOf(folder));
}

function pathOf(folder: string): string {
  return join(folder, 'demo.json');
}
