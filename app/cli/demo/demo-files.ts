import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { EditorOptions } from '../../../gateway/editor';
import type { DemoState } from './demo-state';

/** The folder `examples/demo` of this package, also when this file runs from `dist`. */
export function findDemoFolder(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'examples', 'demo');
    if (existsSync(join(found, 'configuration'))) return found;
  }
  throw new Error('The folder examples/demo is not there.');
}

/** The demo's queries as tabs of the query editor, each with the key that it needs. `"NOW"` in them is `nowMs`. */
export async function readEditor(folder: string, keys: DemoState['keys'], nowMs: number): Promise<EditorOptions> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort();
  const tabs = names.map(async (name) => {
    const text = await readFile(join(folder, name), 'utf8');
    const query = text
      .replaceAll('"NOW"', `"${new Date(nowMs).toISOString()}"`)
      .replaceAll('editor-1', `editor-${Math.floor(nowMs / 1000)}`);
    return { title: toTitle(name), query, headers: { authorization: `Bearer ${keys[scopeOf(text)]}` } };
  });
  return { title: "Attune's demo", tabs: await Promise.all(tabs) };
}

function toTitle(name: string): string {
  const words = basename(name, '.graphql').replace(/^\d+-/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A query says in its first lines which key it is for; admin, if it does not. */
function scopeOf(text: string): keyof DemoState['keys'] {
  const [, scope] = /^# Key: (public|server|admin)$/m.exec(text) ?? [];
  return (scope ?? 'admin') as keyof DemoState['keys'];
}
