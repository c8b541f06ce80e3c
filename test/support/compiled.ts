import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Options, transformFileSync } from '@swc/core';

const ROOT = resolve(__dirname, '../..');
const COMPILED = join(ROOT, 'dist');
const SOURCES = ['app', 'gateway', 'subgraphs', 'flow', 'platform', 'test/support', 'test/cli'];

/** The JavaScript of a source file, for processes that tests start: they load it in half the time. */
export function compiledOf(source: string): string {
  return join(COMPILED, relative(ROOT, source)).replace(/\.ts$/, '.js');
}

/** Compiles what has changed since it was last compiled, into the folder of the build. */
export function compileSources(options: Options): void {
  for (const source of SOURCES.flatMap((folder) => filesOf(join(ROOT, folder)))) {
    const target = compiledOf(source);
    if (isNewer(target, source)) continue;
    const { code } = transformFileSync(source, { ...options, swcrc: false });
    mkdirSync(dirname(target), { recursive: true });
    // Renamed, so that nobody reads half of it.
    writeFileSync(`${target}.${process.pid}`, code);
    renameSync(`${target}.${process.pid}`, target);
  }
}

function filesOf(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

function isNewer(target: string, source: string): boolean {
  const compiled = statSync(target, { throwIfNoEntry: false });
  return compiled !== undefined && compiled.mtimeMs > statSync(source).mtimeMs;
}
