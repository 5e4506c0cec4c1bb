import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('all workers are replaced under traffic, and every request is answered', async () => {
  const example = new ExampleProcess('cluster-echo');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    expect.stringMatching(/^2 workers share port \d+$/),
    'restarted: 2 workers, of which 0 were there before',
    expect.stringMatching(/^([\d,]+) of \1 requests answered, by 4 processes$/),
    expect.stringMatching(/^[\d,]+ of them were asked twice, and handled once$/),
    'closed: 2 workers ended, 0 were killed',
    '',
  ]);
  expect(example.stderr).toBe('');
});

test('a wrong option is told without a stack, with status 1', async () => {
  const example = new ExampleProcess('cluster-echo', '--workers', '0');
  expect(await example.exited()).toEqual({ status: 1, signal: null });
  expect(example.stderr).toBe('workers must be an integer of at least 1, not 0\n');
});
