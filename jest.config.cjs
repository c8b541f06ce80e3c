// As an operator runs it: what libraries check in development costs a fifth of the time.
process.env.NODE_ENV = 'production';

/** Jest compiles TypeScript with swc; types are checked by `npm run check`. */
module.exports = {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testTimeout: 60_000,
  // Much of the time goes into waiting for MongoDB and for child processes.
  maxWorkers: 2,
  // In Jest's sandbox each look at a global is slow: sums over half a million rows took ten times as long without these.
  sandboxInjectedGlobals: ['Array', 'Date', 'Map', 'Math', 'Number', 'Object', 'Promise', 'Set', 'String'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: false, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};
