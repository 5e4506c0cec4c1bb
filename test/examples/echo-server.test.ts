import { once } from 'node:events';
import { connect } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';
import { bareServer, exchange } from './raw-peer.ts';

afterEach(() => ExampleProcess.endAll());

async function start(...args: string[]): Promise<{ example: ExampleProcess; port: number }> {
  const example = new ExampleProcess('echo-server', '--port', '0', ...args);
  const [, port] = await example.printed(/^listening on 127\.0\.0\.1:(\d+)$/m);
  return { example, port: Number(port) };
}

test('every line comes back', async () => {
  const { example, port } = await start();
  expect(await exchange(port, 'hello\ngrüße\n\n')).toBe('hello\ngrüße\n\n');
  await example.printed(/^server#\d+ open, from 127\.0\.0\.1 port \d+$/m);
  await example.printed(/^server#\d+ closed: \w+$/m);
  expect(example.stdout).not.toContain('hello');
});

test('--verbose logs each line with the name of its connection', async () => {
  const { example, port } = await start('--verbose');
  expect(await exchange(port, 'hello\n\u001B[2J\n')).toBe('hello\n\u001B[2J\n');
  await example.printed(/^(server#\d+) "hello"\n\1 "\\u001b\[2J"$/m);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with status 0, though a client is connected', async (signal) => {
  const { example, port } = await start();
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  await example.printed(/ open/);
  example.signal(signal);
  socket.resume();
  await once(socket, 'end');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout).toMatch(/^server#\d+ closed: shutdown$/m);
});

test('a port in use is told without a stack, with status 1', async () => {
  const { server, port } = await bareServer();
  try {
    const example = new ExampleProcess('echo-server', '--port', `${port}`);
    expect(await example.exited()).toEqual({ status: 1, signal: null });
    expect(example.stderr).toMatch(new RegExp(String.raw`^127\.0\.0\.1:${port} is in use: .*choose another.*\n$`));
    expect(example.stdout).toBe('');
  } finally {
    server.close();
  }
});

test.each([
  [['--prot', '1'], /^Unknown option '--prot'/],
  [['--port', 'x'], /^port must be an integer from 0 to 65535/],
])('%j is told without a stack, with status 1', async (args, message) => {
  const example = new ExampleProcess('echo-server', ...args);
  expect(await example.exited()).toEqual({ status: 1, signal: null });
  expect(example.stderr).toMatch(message);
  expect(example.stderr).not.toContain('    at ');
});
