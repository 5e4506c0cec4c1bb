import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { line } from '@wirewright/codec-line';
import { AddressInUseError, type CloseReason, InvalidOptionError, ListenError, Server } from '@wirewright/core';
import { type CodecFactory, lengthPrefixed } from '@wirewright/core/codec';
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { received } from '../../support/received.ts';

interface Stoppable {
  destroy(): void;
  close(): Promise<unknown>;
}

const servers: Stoppable[] = [];

function track<S extends Stoppable>(server: S): S {
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.destroy();
    await server.close();
  }
});

const local = { port: 0, host: '127.0.0.1' };

/** Sends `text`, ends, and resolves with all that came back. */
async function talk(place: { port: number; host?: string } | { path: string }, text: string): Promise<string> {
  const peer = connect({ ...place, allowHalfOpen: true });
  peer.end(text);
  return (await received(peer)).toString();
}

describe('a server', () => {
  test('is the echo server of the first page', async () => {
    const server = track(
      new Server({ codec: line() })
        .onConnect((connection) => connection.send('hello'))
        .onRead((connection, message) => connection.send(message)),
    );
    await server.listen(local);
    expect(await talk({ port: server.port!, host: '127.0.0.1' }, 'one\ntwo\n')).toBe('hello\none\ntwo\n');
  });

  test('listens on a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
    const path = join(folder, 'echo.sock');
    try {
      const server = track(new Server({ codec: line() }).onRead((connection, text) => connection.send(text)));
      await server.listen({ path });
      expect([server.address, server.port]).toEqual([path, undefined]);
      expect(await talk({ path }, 'hello\n')).toBe('hello\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('listens in several places, and everywhere when no host is named', async () => {
    const server = track(new Server({ codec: line() }).onRead((connection, text) => connection.send(text)));
    await (await server.listen({ port: 0 })).listen(local);
    expect(await talk({ port: server.port!, host: '127.0.0.1' }, 'hello\n')).toBe('hello\n');
    expect(await talk({ port: server.port!, host: 'localhost' }, 'hello\n')).toBe('hello\n');
  });

  test('serves a listener that exists, and closes it', async () => {
    const listener = createServer();
    const server = track(
      new Server({ codec: line() }).onRead((connection, text) => connection.send(text.toUpperCase())),
    );
    server.serve(listener);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    // Its sockets are not half-open by themselves; what comes before the end is answered all the same.
    expect(await talk({ port: server.port!, host: '127.0.0.1' }, 'hello\nlast')).toBe('HELLO\nLAST\n');
    await server.close();
    expect(listener.listening).toBe(false);
  });

  test('serves a listener once: otherwise every message would be answered twice', async () => {
    const listener = createServer();
    const server = track(new Server({ codec: line() }).onRead((connection, text) => connection.send(text)));
    const other = track(new Server({ codec: line() }));
    server.serve(listener);
    for (const again of [server, other]) expect(() => again.serve(listener)).toThrow(/served already/);
    expect(() => other.serve({} as typeof listener)).toThrow(InvalidOptionError);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    expect(await talk({ port: server.port!, host: '127.0.0.1' }, 'hello\n')).toBe('hello\n');
  });

  test('knows its connections, their names, addresses and data', async () => {
    const closed: CloseReason[] = [];
    const server = track(
      new Server({ codec: line(), data: () => ({ lines: 0 }) })
        .onConnect((connection) => {
          connection.name = `peer ${connection.id}`;
        })
        .onRead((connection, text) => {
          connection.data.lines++;
          connection.send(`${connection.name} ${text} ${connection.data.lines}`);
        })
        .onClose((connection, reason) => {
          closed.push(reason);
          expect(connection.remoteAddress).toBe('127.0.0.1');
          expect(connection.counters).toEqual({
            bytesIn: 4,
            bytesOut: expect.any(Number) as number,
            messagesIn: 2,
            messagesOut: 2,
          });
        }),
    );
    await server.listen(local);
    const peer = connect(server.port!, '127.0.0.1');
    peer.write('a\nb\n');
    await new Promise((resolve) => peer.once('data', resolve));
    const [connection] = server.connections;
    expect(connection).toMatchObject({
      remoteAddress: '127.0.0.1',
      remotePort: peer.localPort,
      localAddress: '127.0.0.1',
      localPort: server.port,
    });
    expect(connection!.data).toEqual({ lines: 2 });
    peer.end();
    await connection!.closed;
    expect([server.connections.size, closed]).toEqual([0, ['peer']]);
  });

  test('takes the codec in onConnect as well, with the hooks of the new protocol', async () => {
    const server = track(
      new Server().onConnect((connection) => {
        const typed = connection.setCodec(lengthPrefixed({ width: 1, as: 'string' }), {
          onRead(same, text) {
            expectTypeOf(text).toEqualTypeOf<string>();
            same.send(text.toUpperCase());
          },
        });
        typed.send('hello');
      }),
    );
    await server.listen(local);
    expect(await talk({ port: server.port!, host: '127.0.0.1' }, '\x02ab\x01c')).toBe('\x05hello\x02AB\x01C');
  });

  test('closes a connection whose onConnect settled without a codec, and says both ways to give one', async () => {
    const errors: string[] = [];
    const reasons: CloseReason[] = [];
    const server = track(
      new Server()
        .onConnect(async () => {})
        .onRead(() => {})
        .onError((_connection, error) => void errors.push(`${error.code} ${error.message}`))
        .onClose((_connection, reason) => void reasons.push(reason)),
    );
    await server.listen(local);
    expect(await talk({ port: server.port!, host: '127.0.0.1' }, 'hello\n')).toBe('');
    await vi.waitFor(() => expect(reasons).toEqual(['no-codec']), patient);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('WIRE_NO_CODEC');
    expect(errors[0]).toContain('{ codec: line() }');
    expect(errors[0]).toContain('connection.setCodec(line())');
  });

  test('reads nothing before onConnect has settled', async () => {
    let open!: () => void;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const seen: string[] = [];
    const server = track(
      new Server({ codec: line() })
        .onConnect(async () => {
          await gate;
          seen.push('connected');
        })
        .onRead((_connection, text) => void seen.push(text)),
    );
    await server.listen(local);
    const answer = talk({ port: server.port!, host: '127.0.0.1' }, 'hello\n');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen).toEqual([]);
    open();
    await answer;
    expect(seen).toEqual(['connected', 'hello']);
  });

  test('stops reading from a peer that does not read', async () => {
    const server = track(new Server({ codec: line() }).onRead((connection) => connection.send('y'.repeat(1000))));
    await server.listen(local);
    const peer = connect(server.port!, '127.0.0.1');
    peer.on('error', () => {});
    peer.pause();
    const flood = setInterval(() => peer.write('x\n'.repeat(1000)), 1);
    await vi.waitFor(() => expect([...server.connections][0]?.bufferedBytes).toBeGreaterThan(64 * 1024), patient);
    const [connection] = server.connections;
    await new Promise((resolve) => setTimeout(resolve, 200));
    clearInterval(flood);
    // The mark, and what one turn of the loop may add to it.
    expect(connection!.bufferedBytes).toBeLessThan(2 * 1024 * 1024);
    let answered = 0;
    peer.on('data', (chunk: Buffer) => {
      answered += chunk.length;
    });
    peer.resume();
    await vi.waitFor(() => expect(connection!.bufferedBytes).toBe(0), patient);
    await vi.waitFor(() => expect(answered).toBe(connection!.counters.messagesOut * 1001), patient);
    peer.destroy();
  });

  test('is disposed of by await using', async () => {
    let port: number;
    {
      await using server = await new Server({ codec: line() }).listen(local);
      port = server.port!;
    }
    await expect(talk({ port, host: '127.0.0.1' }, 'x')).resolves.toBe('');
  });
});

describe('a clear error at the call:', () => {
  test('a port in use', async () => {
    const server = track(new Server({ codec: line() }));
    await server.listen(local);
    const second = track(new Server({ codec: line() }));
    const error = await second.listen({ port: server.port!, host: '127.0.0.1' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AddressInUseError);
    expect(error).toMatchObject({ code: 'WIRE_ADDRESS_IN_USE', cause: { code: 'EADDRINUSE' } });
    expect(String(error)).toBe(
      `AddressInUseError: 127.0.0.1:${server.port} is in use: stop who listens there, or choose another (port 0 takes a free one)`,
    );
    // It can still listen elsewhere.
    await second.listen(local);
    expect(second.port).toBeGreaterThan(0);
  });

  test('a host that is not of this machine', async () => {
    const error = await track(new Server({ codec: line() }))
      .listen({ port: 0, host: '192.0.2.1' })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ListenError);
    expect(String(error)).toContain('host must be a name or an address of this machine');
  });

  test.each<[object, string]>([
    [{}, 'listen() takes a port, { port: 9991 }, or a path'],
    [{ port: 1, path: '/x' }, 'listen() takes a port, { port: 9991 }, or a path'],
    [{ port: 65_536 }, 'port must be an integer from 0 to 65535, not 65536'],
    [{ port: -1 }, 'port must be an integer from 0 to 65535, not -1'],
    [{ port: '9991' }, 'port must be an integer from 0 to 65535, not "9991"'],
    [{ port: 0, hots: 'x' }, "listen() has no option 'hots'; it takes port, host, path, backlog"],
    [{ path: '' }, 'path must be a non-empty string'],
  ])('listen(%o)', async (options, message) => {
    const error = await track(new Server({ codec: line() }))
      .listen(options)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(String(error)).toContain(message);
  });

  const notACodec = (() => ({ decode() {} })) as unknown as CodecFactory<string>;
  test.each<[object, string]>([
    [{ codek: line() }, "new Server() has no option 'codek'"],
    [{ codec: line }, 'codec made another function: call it, as in { codec: line() }'],
    [{ codec: line()() }, 'codec must be a factory'],
    [{ codec: notACodec }, 'codec must make an object with decode(input) and encode(message, output)'],
    [{ highWaterMark: -1 }, 'highWaterMark must be an integer of at least 0, not -1'],
    [{ highWaterMark: 10, lowWaterMark: 11 }, 'lowWaterMark must be an integer from 0 to 10, not 11'],
    [{ closeTimeout: 1e12 }, 'closeTimeout must be an integer from 0 to 2147483647'],
    [{ keepAlive: true }, 'keepAlive must be an integer from 1000 to 2147483647, not true'],
    [{ data: {} }, 'data must be a function that makes the data'],
  ])('new Server(%o)', (options, message) => {
    expect(() => new Server(options)).toThrow(InvalidOptionError);
    expect(() => new Server(options)).toThrow(message);
  });

  test('a hook that is no function, or declared twice', () => {
    const server = new Server({ codec: line() }).onRead(() => {});
    expect(() => server.onRead(() => {})).toThrow('onRead is declared already');
    expect(() => server.onClose('x' as never)).toThrow('onClose takes a function');
  });

  test('close() with a wrong option', () => {
    const server = new Server({ codec: line() });
    expect(() => server.close({ grace: -1 })).toThrow('grace must be an integer from 0');
    expect(() => server.close({ graceMs: 1 } as object)).toThrow("close() has no option 'graceMs'");
  });

  test('sending without a codec', async () => {
    const codes: string[] = [];
    const server = track(
      new Server()
        .onConnect((connection) => connection.send('hello'))
        .onError((_connection, error) => void codes.push(error.code)),
    );
    await server.listen(local);
    await talk({ port: server.port!, host: '127.0.0.1' }, '');
    expect(codes).toEqual(['WIRE_NO_CODEC']);
  });
});

describe('closeOnSignals()', () => {
  const script = fileURLToPath(new URL('../../support/signal-server.mjs', import.meta.url));

  async function start(): Promise<{ child: ChildProcess; port: number; exit: Promise<number | null> }> {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const port = await new Promise<number>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))),
    );
    return { child, port, exit };
  }

  test('the first signal closes, and the process ends by itself', async () => {
    const { child, port, exit } = await start();
    const peer = connect(port, '127.0.0.1');
    peer.write('hello\n');
    await new Promise((resolve) => peer.once('data', resolve));
    const rest = received(peer);
    child.kill('SIGTERM');
    expect((await rest).toString()).toBe('');
    expect(await exit).toBe(0);
  });

  test('the second signal does not wait', async () => {
    const { child, port, exit } = await start();
    const peer = connect(port, '127.0.0.1');
    peer.write('hang\n');
    await new Promise((resolve) => peer.once('data', resolve));
    const rest = received(peer);
    const begin = Date.now();
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(child.exitCode).toBe(null);
    child.kill('SIGINT');
    await rest;
    expect(await exit).toBe(0);
    expect(Date.now() - begin).toBeLessThan(20_000);
  });
});
