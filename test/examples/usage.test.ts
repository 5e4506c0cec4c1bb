import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

let taken: Server;

beforeAll(async () => {
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
});

afterEach(() => ExampleProcess.endAll());

afterAll(async () => {
  taken.close();
  await once(taken, 'close');
});

test.each<[example: string, args: string[], says: RegExp]>([
  ['echo-server', ['--prot', '1'], /^Unknown option '--prot'/],
  ['echo-server', ['--port', 'any'], /^port must be an integer from 0 to 65535, not NaN$/],
  ['echo-server', ['--port', 'TAKEN'], /^127\.0\.0\.1:TAKEN is in use: stop who listens there/],
  ['redis-server', ['any'], /^port must be an integer from 0 to 65535, not NaN$/],
  ['redis-server', ['TAKEN'], /^127\.0\.0\.1:TAKEN is in use: stop who listens there/],
  ['job-server', ['--port', 'TAKEN'], /^127\.0\.0\.1:TAKEN is in use: stop who listens there/],
  ['metrics', ['--port', '0', '--metrics-port', 'any'], /^options\.port should be >= 0 and < 65536/],
  [
    'metrics',
    ['--port', '0', '--metrics-port', 'TAKEN'],
    /^listen EADDRINUSE: address already in use 127\.0\.0\.1:TAKEN$/,
  ],
  ['cluster-echo', ['--workers', '0'], /^workers must be an integer of at least 1, not 0$/],
  ['quasizero-call', ['11300'], /^quasizero-call\.js <port> <code> \[payload\]$/],
  ['reverse-worker', ['a:b:c'], /^"a:b:c" is no place for a server/],
])('%s %j says what is wrong, in a line', async (name, args, says) => {
  const port = String((taken.address() as AddressInfo).port);
  const example = new ExampleProcess(name, ...args.map((arg) => arg.replace('TAKEN', port)));
  expect(await example.exited()).toEqual({ status: 1, signal: null });
  expect(example.stdout).toBe('');
  expect(example.stderr.trimEnd().replaceAll(port, 'TAKEN')).toMatch(says);
  expect(example.stderr).not.toContain('    at ');
});
