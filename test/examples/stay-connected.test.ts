import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('it connects and logs in again, after a restart of the server and after its silence', async () => {
  const example = new ExampleProcess('stay-connected');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    'login: OK',
    expect.stringMatching(/^closed: (peer|reset)$/),
    'while it is away: WIRE_CONNECTION_LOST, sent: false, current: none',
    'login: OK',
    expect.stringMatching(/^it is back: \d{4}-/),
    'closed: heartbeat',
    'login: OK',
    expect.stringMatching(/^it answers again: \d{4}-/),
    expect.stringMatching(/^connected again after \d+ attempts$/),
    'closed: shutdown',
    '',
  ]);
  expect(example.stderr).toBe('');
});
