import { once } from 'node:events';

import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';
import { bareServer } from './raw-peer.ts';

afterEach(() => ExampleProcess.endAll());

test('it says hello, prints the answer and closes', async () => {
  let heard = '';
  const { server, port } = await bareServer((socket) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
      socket.write('and hello to you\n');
    });
  });
  try {
    const example = new ExampleProcess('echo-client', '--port', `${port}`);
    expect(await example.exited()).toEqual({ status: 0, signal: null });
    expect(example.stdout).toBe('-> hello\n<- and hello to you\n');
    expect(heard).toBe('hello\n');
  } finally {
    server.close();
  }
});

test('a server that hangs up without an answer is told, with status 1', async () => {
  const { server, port } = await bareServer((socket) => socket.end());
  try {
    const example = new ExampleProcess('echo-client', '--port', `${port}`);
    expect(await example.exited()).toEqual({ status: 1, signal: null });
    expect(example.stderr).toBe('closed without an answer: peer\n');
  } finally {
    server.close();
  }
});

test('a refused connection is told without a stack, with status 1', async () => {
  const { server, port } = await bareServer();
  server.close();
  await once(server, 'close');
  const example = new ExampleProcess('echo-client', '--port', `${port}`, '--host', '127.0.0.1');
  expect(await example.exited()).toEqual({ status: 1, signal: null });
  expect(example.stderr).toBe(`cannot connect to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}\n`);
});
