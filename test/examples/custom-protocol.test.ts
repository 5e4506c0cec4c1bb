import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('it computes, answers what has no result, and turns strangers away', async () => {
  const example = new ExampleProcess('custom-protocol');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    '2 + 3 = 5',
    '10 - 4 = 6 and 6 * 7 = 42',
    '1 / 0: division by zero',
    expect.stringMatching(/^server: server#\d+ is closed: operator must be one of/),
    expect.stringMatching(/^server: server#\d+ is closed: the codec failed to decode: .*JSON/),
    '1 / 8 = 0.125, for all that',
    '',
  ]);
  expect(example.stderr).toBe('');
});
