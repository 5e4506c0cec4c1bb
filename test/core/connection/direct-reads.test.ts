import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server as NetServer, Socket } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Connection } from '@wirewright/core';
import { afterEach, expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';

let server: NetServer | undefined;

afterEach(() => {
  server?.close();
});

/** Two ends of a connection: the first is where a Connection goes. */
async function ends(): Promise<[Socket, Socket]> {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  return [socket, peer];
}

function linesOf(socket: Socket): { connection: Connection<string>; lines: string[] } {
  const lines: string[] = [];
  const connection = Connection.over(socket, line(), { onRead: (_, text) => void lines.push(text) });
  return { connection, lines };
}

test('What a socket reads does not go through its stream, unless somebody else listens to that.', async () => {
  const [socket, peer] = await ends();
  const { lines } = linesOf(socket);
  const emit = vi.spyOn(socket, 'emit');
  peer.write('one\n');
  await vi.waitFor(() => expect(lines).toEqual(['one']), patient);
  expect(emit).not.toHaveBeenCalledWith('data', expect.anything());
  const heard: string[] = [];
  socket.on('data', (chunk) => heard.push(String(chunk)));
  peer.write('two\n');
  await vi.waitFor(() => expect(lines).toEqual(['one', 'two']), patient);
  expect(heard).toEqual(['two\n']);
  peer.destroy();
});

test('A pause leaves bytes to the stream, in order, and so is the end.', async () => {
  const [socket, peer] = await ends();
  const { connection, lines } = linesOf(socket);
  peer.write('one\n');
  await vi.waitFor(() => expect(lines).toEqual(['one']), patient);
  connection.pause();
  for (const text of ['two', 'three', 'four']) {
    peer.write(`${text}\n`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(lines).toEqual(['one']);
  expect(socket.isPaused()).toBe(true);
  connection.resume();
  peer.end('five\n');
  await connection.closed;
  expect(lines).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(connection.closeReason).toBe('peer');
});

test('A socket whose push is another one already keeps it.', async () => {
  const [socket, peer] = await ends();
  const pushed: unknown[] = [];
  socket.push = function push(this: Socket, chunk: unknown): boolean {
    pushed.push(chunk);
    return Socket.prototype.push.call(this, chunk);
  };
  const { lines } = linesOf(socket);
  peer.end('one\n');
  await vi.waitFor(() => expect(lines).toEqual(['one']), patient);
  expect(pushed.map(String)).toContain('one\n');
});
