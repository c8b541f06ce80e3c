import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ConfigurationError } from '../../config';
import { describeFault, parseYamlFile, type YamlDocument, type YamlFault } from '../yaml-source';

/** The documents of all YAML files in a folder and those below it, by name; or of one file. */
export async function readConfigurationFiles(
  folder: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<readonly YamlDocument[]> {
  const paths = await listFiles(folder);
  if (paths.length === 0) throw new ConfigurationError(`${folder} holds no file that ends in .yaml or .yml.`);
  const files = await Promise.all(
    paths.map(async (path) => parseYamlFile(relative(folder, path) || path, await readFile(path, 'utf8'), variables)),
  );
  refuse(files.flatMap(({ faults }) => faults));
  return files.flatMap(({ documents }) => documents);
}

/** Throws a ConfigurationError that lists the faults, if there are any. */
export function refuse(faults: readonly YamlFault[]): void {
  if (faults.length === 0) return;
  throw new ConfigurationError(
    ['The configuration is refused; nothing was applied.', ...faults.map(describeFault)].join('\n'),
  );
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const found = await stat(folder).catch((cause: unknown) => {
    throw new ConfigurationError(`${folder} is not there.`, { cause });
  });
  if (found.isFile()) return [folder];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
