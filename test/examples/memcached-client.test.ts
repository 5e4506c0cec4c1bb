import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('each profile is computed once, and a server that goes takes nothing with it that cannot be computed', async () => {
  const example = new ExampleProcess('memcached-client');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    '1000 calls for 10 profiles, 10 of them computed',
    '10 of 10 are in the cache',
    'user 7, renamed',
    '10 of 10 are there without one of the servers',
    '',
  ]);
  expect(example.stderr).toBe('');
});
