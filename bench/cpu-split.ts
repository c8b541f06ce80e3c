import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname, join, relative } from 'node:path';

/** Processor time of the main thread in microseconds, by whose code it was. */
export type CpuSplit = ReadonlyMap<string, number>;

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const ROOT = process.cwd();
const BUILT = join(ROOT, 'dist');
const SAMPLE_MICROS = 500;

/** Runs `work` under the sampling profiler. With `file`, what was sampled is also kept there, for the browser's tools. */
export async function splitCpu<T>(work: () => Promise<T>, file?: string): Promise<{ result: T; split: CpuSplit }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROS });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  if (file) writeFileSync(file, JSON.stringify(profile));
  return { result, split: sumBy(profile as CpuProfile, folderOf) };
}

/** Adds self times up. What the engine or a native function used counts for who called it, SQLite's for itself. */
function sumBy({ nodes, samples, timeDeltas }: CpuProfile, nameOf: (url: string) => string | undefined): CpuSplit {
  const names = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const visit = (id: number, above: string): void => {
    const node = byId.get(id);
    if (!node) return;
    const { functionName, url } = node.callFrame;
    const native = above === 'platform/store' && url === '' && functionName !== 'fdatasync' ? 'SQLite' : undefined;
    const isMark = OF_THE_ENGINE.has(functionName) || (functionName === PROFILER && url === '');
    const name = isMark ? functionName : (native ?? nameOf(url) ?? above);
    names.set(id, name);
    for (const child of node.children ?? []) visit(child, name);
  };
  const [root] = nodes;
  if (root) visit(root.id, 'node');
  const sums = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? 'node';
    if (name === PROFILER) return;
    sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
  return new Map([...sums].sort((a, b) => b[1] - a[1]));
}

const OF_THE_ENGINE = new Set(['(garbage collector)', '(program)', '(idle)']);
// The profiler's own.
const PROFILER = 'dispatch';

// Two folders deep: `subgraphs/profile`, `platform/store`.
function folderOf(url: string): string | undefined {
  if (!url.startsWith('file:') && !url.startsWith('/')) return undefined;
  const file = url.replace('file://', '');
  const path = relative(file.startsWith(BUILT) ? BUILT : ROOT, file);
  if (path.startsWith('..')) return undefined;
  if (path.startsWith('node_modules')) return path.split('/')[1];
  return dirname(path).split('/').slice(0, 2).join('/');
}

// Also by itself, over a file of `node --cpu-prof`: the functions that used most.
function main([file, most = '40']: readonly string[]): void {
  if (!file) throw new Error('Name a file of `node --cpu-prof`.');
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const sums = new Map<string, number>();
  samples.forEach((id, index) => {
    const { functionName = '', url = '', lineNumber = 0 } = frames.get(id) ?? {};
    const place = url ? ` ${relative(ROOT, url.replace('file://', ''))}:${lineNumber + 1}` : '';
    const name = `${functionName || '(anonymous)'}${place}`;
    sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const total = [...sums.values()].reduce((a, b) => a + b, 0);
  for (const [name, micros] of [...sums].sort((a, b) => b[1] - a[1]).slice(0, Number(most))) {
    console.log(
      `${((100 * micros) / total).toFixed(1).padStart(5)} %  ${(micros / 1000).toFixed(0).padStart(6)} ms  ${name}`,
    );
  }
}

if (require.main === module) main(process.argv.slice(2));
