import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer, type TlsOptions } from 'node:tls';

import { line } from '@wirewright/codec-line';
import { InvalidOptionError, Server, type ServerOptions } from '@wirewright/core';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { Admission } from '../../../packages/core/src/server/admission.ts';
import { patient } from '../../support/patience.ts';
import { received } from '../../support/received.ts';

const local = { port: 0, host: '127.0.0.1' };
type Place = { port: number; host: string; localAddress?: string } | { path: string };

const servers: Server<string>[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) {
    server.destroy();
    await server.close();
  }
});

/** A server that says hello, and how often each of its hooks was called. */
function greeter(options: ServerOptions<string>): {
  server: Server<string>;
  calls: { connect: number; close: number };
} {
  const calls = { connect: 0, close: 0 };
  const server = new Server<string>({ codec: line(), ...options })
    .onConnect((connection) => {
      calls.connect++;
      connection.send('hello');
    })
    .onClose(() => void calls.close++);
  servers.push(server);
  return { server, calls };
}

/** Connects, and resolves with whether it was greeted or closed. */
async function greeted(place: Place): Promise<boolean> {
  const socket = connect(place).on('error', () => {});
  sockets.push(socket);
  return await new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true)).once('close', () => resolve(false));
  });
}

/** Closes the peer that connected `index`th, and resolves when `server` has `left` connections. */
async function leave(server: Server<string>, index: number, left: number): Promise<void> {
  sockets[index]!.destroy();
  await vi.waitFor(() => expect(server.connections.size).toBe(left), patient);
}

describe('a connection over a limit is refused before any hook is called:', () => {
  test('maxConnections, over all listeners', async () => {
    const { server, calls } = greeter({ maxConnections: 2 });
    await server.listen(local);
    const tcp = { port: server.port!, host: '127.0.0.1' };
    await withPath(async (path) => {
      await server.listen({ path });
      expect([await greeted(tcp), await greeted({ path })]).toEqual([true, true]);
      expect([await greeted(tcp), await greeted({ path })]).toEqual([false, false]);
      expect([calls, server.counters]).toMatchObject([
        { connect: 2, close: 0 },
        { accepted: 2, refused: 2, open: 2 },
      ]);
      await leave(server, 1, 1);
      expect([await greeted(tcp), await greeted(tcp)]).toEqual([true, false]);
    });
    expect([calls, server.counters]).toMatchObject([
      { connect: 3, close: 1 },
      { accepted: 3, refused: 3, open: 2 },
    ]);
  });

  test.runIf(process.platform === 'linux')('maxConnectionsPerAddress, for each address', async () => {
    const { server, calls } = greeter({ maxConnectionsPerAddress: 1 });
    await server.listen(local);
    const from = (localAddress: string): Place => ({ port: server.port!, host: '127.0.0.1', localAddress });
    expect([await greeted(from('127.0.0.1')), await greeted(from('127.0.0.2'))]).toEqual([true, true]);
    expect([await greeted(from('127.0.0.1')), await greeted(from('127.0.0.2'))]).toEqual([false, false]);
    await leave(server, 0, 1);
    expect([await greeted(from('127.0.0.2')), await greeted(from('127.0.0.1'))]).toEqual([false, true]);
    expect(calls).toEqual({ connect: 3, close: 1 });
  });

  test('maxConnectionsPerAddress leaves unix sockets alone, and false leaves everybody alone', async () => {
    await withPath(async (path) => {
      const { server } = greeter({ maxConnectionsPerAddress: 1 });
      await server.listen({ path });
      expect([await greeted({ path }), await greeted({ path })]).toEqual([true, true]);
    });
    const { server } = greeter({ maxConnectionsPerAddress: false });
    await server.listen(local);
    const tcp = { port: server.port!, host: '127.0.0.1' };
    expect([await greeted(tcp), await greeted(tcp)]).toEqual([true, true]);
  });

  test('TLS connections count from before the handshake to the end', async () => {
    const key = Buffer.from('a key that both know');
    const listener = createTlsServer({ ...PSK, pskCallback: () => key });
    const { server, calls } = greeter({ maxConnections: 1 });
    server.serve(listener);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const place = { port: server.port!, host: '127.0.0.1' };
    // Resolves with all that it got.
    const shakeHands = (): Promise<string> => {
      const peer = connectTls({ ...place, ...PSK, pskCallback: () => ({ psk: key, identity: 'me' }) });
      peer.once('data', () => peer.end());
      return received(peer).then(String);
    };
    const silent = connect(place);
    sockets.push(silent);
    await new Promise((resolve) => silent.once('connect', resolve));
    expect(await shakeHands()).toBe('');
    expect([calls.connect, server.counters]).toMatchObject([0, { accepted: 0, refused: 1 }]);
    silent.destroy();
    for (let i = 1; i <= 2; i++) await vi.waitFor(async () => expect(await shakeHands()).toBe('hello\n'), patient);
    expect(calls.connect).toBe(2);
  });

  test.each<[ServerOptions<string>, string]>([
    [{ maxConnections: 0 }, 'maxConnections must be an integer of at least 1, not 0'],
    [{ maxConnections: Infinity }, 'maxConnections must be an integer of at least 1, not Infinity'],
    [{ maxConnectionsPerAddress: 1.5 }, 'maxConnectionsPerAddress must be an integer of at least 1, not 1.5'],
    [
      { maxConnectionsPerAddress: true as never },
      'maxConnectionsPerAddress must be an integer of at least 1, not true',
    ],
  ])('%o is no limit', (options, message) => {
    expect(() => new Server(options)).toThrow(InvalidOptionError);
    expect(() => new Server(options)).toThrow(message);
  });
});

describe('the count of an address', () => {
  const socketOf = (remoteAddress: string | undefined): Socket =>
    Object.assign(new EventEmitter(), { remoteAddress }) as unknown as Socket;
  const admits = (admission: Admission, socket: Socket): boolean => admission.admit(socket) === undefined;

  test('is kept no longer than a socket of it is open', () => {
    const admission = new Admission({ maxConnectionsPerAddress: 2 });
    const open = Array.from({ length: 1000 }, (_, i) => socketOf(`10.0.0.${i % 500}`));
    expect(open.every((socket) => admits(admission, socket))).toBe(true);
    expect(admits(admission, socketOf('10.0.0.7'))).toBe(false);
    expect(admission.addresses).toBe(500);
    for (const socket of open) socket.emit('close');
    expect(admission.addresses).toBe(0);
  });

  test('is the same in both notations of an IPv4 address', () => {
    const admission = new Admission({ maxConnectionsPerAddress: 1 });
    const mapped = socketOf('::ffff:10.0.0.1');
    expect(admits(admission, mapped)).toBe(true);
    expect(admits(admission, socketOf('10.0.0.1'))).toBe(false);
    expect(admits(admission, socketOf('::1'))).toBe(true);
    mapped.emit('close');
    expect(admits(admission, socketOf('10.0.0.1'))).toBe(true);
    expect(admits(admission, mapped)).toBe(false);
  });

  test('does not hold for a socket that has lost its address already', () => {
    const admission = new Admission({ maxConnections: 2, maxConnectionsPerAddress: 1 });
    const lost = [socketOf(undefined), socketOf(undefined)];
    expect(lost.map((socket) => admits(admission, socket))).toEqual([true, true]);
    expect(admits(admission, socketOf('10.0.0.1'))).toBe(false);
    for (const socket of lost) socket.emit('close');
    expect(admits(admission, socketOf('10.0.0.1'))).toBe(true);
  });
});

/** Encryption without certificates. */
const PSK: TlsOptions & { checkServerIdentity: () => undefined } = {
  ciphers: 'PSK',
  maxVersion: 'TLSv1.2',
  checkServerIdentity: () => undefined,
};

/** Calls `use` with the path of a unix socket that does not exist yet. */
async function withPath(use: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
  try {
    await use(join(folder, 'greeter.sock'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
