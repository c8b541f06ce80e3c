import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { compiledOf } from './compiled';
import { KEYS } from './modes';

const MAIN = compiledOf(join(__dirname, '../../app/main.ts'));

/** `attune serve` as an operator starts it. */
export interface ServerProcess {
  readonly url: string;
  /** What it has written to standard error so far. */
  stderr(): string;
  /** Resolves with the exit code; `null` when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const ENVIRONMENT = {
  ATTUNE_PUBLIC_KEY: KEYS.public,
  ATTUNE_SERVER_KEY: KEYS.server,
  ATTUNE_ADMIN_KEY: KEYS.admin,
  ATTUNE_PRIVACY_KEY: KEYS.privacy,
};

/** Starts it on a free port with the keys of the tests. Fails with what it said when it does not come up. */
export async function openServer(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...args], {
    env: { ...process.env, ...ENVIRONMENT, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      const found = /(http:\/\/\S+)\/graphql/.exec(stdout)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`It ended with ${code}: ${stderr}`)));
  });
  return {
    url,
    stderr: () => stderr,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}
