import { ConfigurationError } from './config';

/** How a command ends, for scripts: documented in README.md. */
export const EXIT = { done: 0, failed: 1, usage: 2, partly: 3 } as const;

/** The code that a failed command ends with: `usage` when what it was told cannot be used. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ConfigurationError ? EXIT.usage : EXIT.failed;
}

/** Resolves at the first Ctrl-C or SIGTERM. A second one ends the process at once. */
export function waitForEnd(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = (): void => {
      if (asked) process.exit(EXIT.failed);
      asked = true;
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
  });
}
