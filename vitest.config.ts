import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

/** Tests run on the sources: the condition resolves every workspace package to its src/. */
const conditions = ['@wirewright/source'];
const resolve = { conditions };
const shared = { resolve, ssr: { resolve } };
const node = {
  environment: 'node',
  isolate: false,
  pool: 'forks',
  setupFiles: 'test/support/equal-bytes.ts',
  testTimeout: 20_000,
} as const;

export default defineConfig({
  test: {
    // Tests wait for sockets and processes for a good part of their time.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        ...shared,
        test: { ...node, name: 'quick', include: ['test/**/*.test.ts'], exclude: ['test/**/*.long.test.ts'] },
      },
      {
        ...shared,
        test: {
          ...node,
          name: 'long',
          include: ['test/**/*.long.test.ts'],
          testTimeout: 240_000,
          fileParallelism: false,
          execArgv: ['--expose-gc'],
        },
      },
    ],
  },
});
