import { networkInterfaces } from 'node:os';

import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';
import { bareServer, exchange } from './raw-peer.ts';

afterEach(() => ExampleProcess.endAll());

/** What `localhost` may be, here. */
const loopbacks = Object.values(networkInterfaces()).flatMap((addresses = []) =>
  addresses.filter(({ internal }) => internal),
);

test('--once shows the exchange and the round trips, and exits', async () => {
  const example = new ExampleProcess('demo', '--once');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout).toMatch(/client -> hello\n/);
  expect(example.stdout).toMatch(/client <- hello\n/);
  expect(example.stdout).toMatch(/[\d,]+ round trips, one after the other: median [\d.]+ µs, p99 [\d.]+ µs\n/);
  expect(example.stdout).toMatch(/pipelined, 1,000 lines at a time: [\d,]+ lines\/s\n/);
  expect(example.stderr).toBe('');
});

test('without --once it serves on, as it says, until SIGINT', async () => {
  const example = new ExampleProcess('demo');
  const [, port] = await example.printed(/nc localhost (\d+)/);
  const answers = await Promise.all(loopbacks.map(({ address }) => exchange(Number(port), 'hello\n', address)));
  expect(answers).toEqual(loopbacks.map(() => 'hello\n'));
  expect(answers).not.toEqual([]);
  example.signal('SIGINT');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
});

test('a port in use is told without a stack, with status 1', async () => {
  const { server, port } = await bareServer();
  try {
    const example = new ExampleProcess('demo', '--port', `${port}`, '--host', '127.0.0.1');
    expect(await example.exited()).toEqual({ status: 1, signal: null });
    expect(example.stderr).toMatch(/ is in use: .*\n$/);
    expect(example.stdout).toBe('');
  } finally {
    server.close();
  }
});
