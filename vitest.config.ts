import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

import { PATIENCE } from './test/support/patience.ts';

/** Tests run on the sources: the condition resolves every workspace package to its src/. */
const conditions = ['@wirewright/source'];
const resolve = { conditions };
const shared = { resolve, ssr: { resolve } };
const node = {
  environment: 'node',
  isolate: false,
  pool: 'forks',
  setupFiles: 'test/support/equal-bytes.ts',
  // No time decides a test: these end what would hang, however busy the machine is.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: PATIENCE } },
} as const;

const long = { ...node, testTimeout: 600_000, execArgv: ['--expose-gc'] };

/** Long ones that measure memory and time: each runs alone. */
const measuring = [
  'test/load/**/*.long.test.ts',
  'test/core/exchange/leaks.long.test.ts',
  'test/core/retention.long.test.ts',
];

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
        test: { ...long, name: 'long', include: ['test/**/*.long.test.ts'], exclude: measuring },
      },
      {
        ...shared,
        test: { ...long, name: 'long-alone', include: measuring, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
