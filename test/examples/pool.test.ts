import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('it opens as many connections as are needed, and gets over a restart of the server', async () => {
  const example = new ExampleProcess('pool');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    'before the first request: 0 open, 0 made, 0 closed',
    'one at a time: 1 open, 1 made, 0 closed',
    '10,000 of 10,000 answers are right',
    'all at once: 4 open, 4 made, 0 closed',
    expect.stringMatching(/^latency: median \d+\.\d\d ms, p99 \d+\.\d\d ms, of 10,010 replies$/),
    '256 requests lost, of which 256 may have been done',
    'the server is away: 0 open, 4 made, 4 closed',
    'asked meanwhile: WIRE_CONNECT_FAILED',
    'the server is back: 2 * 21 = 42',
    'at the end: 1 open, 5 made, 4 closed',
    '',
  ]);
  expect(example.stderr).toBe('');
});
