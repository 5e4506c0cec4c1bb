import { createServer, type Server as NetServer, type Socket } from 'node:net';

import { line } from '@wirewright/codec-line';
import {
  Client,
  ClosedError,
  ConnectError,
  Connection,
  ConnectTimeoutError,
  InvalidOptionError,
  Server,
} from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { duplexPair } from '../../support/duplex-pair.ts';
import { patient } from '../../support/patience.ts';

let server: Server<string, string>;
const local = { port: 0, host: '127.0.0.1' };

beforeEach(async () => {
  server = new Server<string, string>({ codec: line() }).onRead((connection, text) => connection.send(`echo ${text}`));
  await server.listen(local);
});

afterEach(async () => {
  server.destroy();
  await server.close();
});

describe('a client', () => {
  test('connects, sends, reads and closes', async () => {
    const seen: string[] = [];
    const client = new Client({ codec: line() })
      .onConnect((connection) => void connection.send('first'))
      .onRead((connection, text) => {
        seen.push(text);
        if (seen.length === 2) void connection.close();
      });
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    expect(client.current).toBe(connection);
    connection.send('second');
    expect(await connection.closed).toBe('local');
    expect(seen).toEqual(['echo first', 'echo second']);
    expect(client.current).toBe(undefined);
    await client.close();
  });

  test('connects to localhost when no host is named', async () => {
    const everywhere = new Server({ codec: line() });
    await everywhere.listen({ port: 0 });
    const client = new Client({ codec: line() });
    const connection = await client.connect({ port: everywhere.port! });
    expect(connection.remotePort).toBe(everywhere.port);
    await client.close();
    await everywhere.close();
  });

  test('resolves when onConnect has settled, and rejects with what it threw', async () => {
    const order: string[] = [];
    const slow = new Client({ codec: line() }).onConnect(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push('onConnect');
    });
    await slow.connect({ port: server.port!, host: '127.0.0.1' });
    order.push('connected');
    expect(order).toEqual(['onConnect', 'connected']);
    await slow.close();

    const broken = new Client({ codec: line() })
      .onError(() => {})
      .onConnect(() => Promise.reject(new Error('no greeting')));
    await expect(broken.connect({ port: server.port!, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'WIRE_HOOK_FAILED',
      message: 'onConnect failed: no greeting',
    });
    await broken.close();

    const codecless = new Client().onError(() => {});
    await expect(codecless.connect({ port: server.port!, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'WIRE_NO_CODEC',
    });
    await codecless.close();
  });

  test('learns that the server ended', async () => {
    const client = new Client({ codec: line() }).onRead(() => {});
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    await vi.waitFor(() => expect(server.connections.size).toBe(1), patient);
    void server.close();
    expect(await connection.closed).toBe('peer');
  });

  test('learns it without an onRead, too', async () => {
    const client = new Client({ codec: line() });
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    await vi.waitFor(() => expect(server.connections.size).toBe(1), patient);
    void server.close();
    expect(await connection.closed).toBe('peer');
  });

  test('makes no connection once it is closed', async () => {
    const client = new Client({ codec: line() });
    await client.close();
    await expect(client.connect({ port: server.port!, host: '127.0.0.1' })).rejects.toBeInstanceOf(ClosedError);
  });
});

describe('a clear error at the call:', () => {
  let silent: NetServer;
  let port: number;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    port = (silent.address() as { port: number }).port;
  });

  afterEach(() => {
    silent.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  test('connection refused', async () => {
    await new Promise((resolve) => silent.close(resolve));
    const client = new Client({ codec: line() });
    const error = await client.connect({ port, host: '127.0.0.1' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ code: 'WIRE_CONNECT_FAILED', cause: { code: 'ECONNREFUSED' } });
    expect(String(error)).toContain(`cannot connect to 127.0.0.1:${port}: `);
    const both = await client.connect({ port, host: 'localhost' }).catch((reason: unknown) => reason);
    expect(String(both)).toContain('ECONNREFUSED');
  });

  test('an abort, before and during', async () => {
    const client = new Client({ codec: line() });
    const reason = new Error('changed my mind');
    await expect(client.connect({ port, host: '127.0.0.1' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const connecting = client.connect({ port, host: '127.0.0.1' }, { signal: controller.signal });
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  test('a timeout', async () => {
    const clock = new FakeClock();
    const client = new Client({ codec: line(), connectTimeout: 3000, clock });
    const connecting = client.connect({ port, host: '127.0.0.1' });
    clock.advance(3000);
    const error = await connecting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectTimeoutError);
    expect(String(error)).toContain(`no connection to 127.0.0.1:${port} within 3000 ms`);
    expect(clock.pending).toBe(0);
  });

  test.each<[object, string]>([
    [{}, 'connect() takes a port'],
    [{ port: 0 }, 'port must be an integer from 1 to 65535, not 0'],
    [{ port: 1, host: 7 }, 'host must be a name or an address'],
    [{ port: 1, timeout: 7 }, "connect() has no option 'timeout'"],
  ])('connect(%o)', async (options, message) => {
    const error = await new Client({ codec: line() }).connect(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(String(error)).toContain(message);
  });

  test('new Client() with a wrong option', () => {
    expect(() => new Client({ connectTimeout: 0 })).toThrow('connectTimeout must be an integer from 1');
    expect(() => new Client({ backlog: 1 } as object)).toThrow("new Client() has no option 'backlog'");
  });
});

describe('Connection.over()', () => {
  test('plugs a codec into any duplex', async () => {
    const [near, far] = duplexPair();
    const answers: string[] = [];
    const serving = Connection.over(near, line(), {
      onRead: (connection, text) => connection.send(text.toUpperCase()),
    });
    const asking = Connection.over(far, line(), { onRead: (_connection, text) => void answers.push(text) });
    asking.send('hello');
    asking.send('world');
    await vi.waitFor(() => expect(answers).toEqual(['HELLO', 'WORLD']), patient);
    await asking.close();
    expect(await serving.closed).toBe('peer');
  });

  test('learns of what happened to the stream before', async () => {
    const [near, far] = duplexPair();
    near.resume();
    far.end();
    await new Promise((resolve) => near.once('end', resolve));
    const ended = Connection.over(near, line(), { onRead: () => {} });
    expect(await ended.closed).toBe('peer');
    const [gone] = duplexPair();
    gone.destroy();
    await new Promise((resolve) => gone.once('close', resolve));
    expect(await Connection.over(gone, line()).closed).toBe('destroyed');
  });

  test('refuses what is no codec, and wrong options, at the call', () => {
    const [near] = duplexPair();
    expect(() => Connection.over(near, line as never)).toThrow('call it, as in { codec: line() }');
    expect(() => Connection.over(near, line(), {}, { codec: line() } as object)).toThrow(
      "Connection.over() has no option 'codec'",
    );
  });
});

test('a client counts what its connections have carried, and how they ended', async () => {
  await using echo = new Server({ codec: line() }).onRead((connection, text) => connection.send(text));
  await echo.listen({ port: 0, host: '127.0.0.1' });
  const client = new Client({ codec: line() }).onRead((connection) => void connection.close());
  const connections = [1, 2, 3].map(() => client.connect({ port: echo.port!, host: '127.0.0.1' }));
  for (const connecting of connections.slice(0, 2)) {
    const connection = await connecting;
    connection.send('four');
    await connection.closed;
  }
  await connections[2];
  expect(client.counters).toEqual({
    bytesIn: 10,
    bytesOut: 10,
    messagesIn: 2,
    messagesOut: 2,
    open: 1,
    closed: { local: 2 },
  });
  await client.close();
  expect(client.counters).toMatchObject({ open: 0, closed: { local: 2, shutdown: 1 } });
});
