import { type Duplex, duplexPair, PassThrough } from 'node:stream';

import { line } from '@wirewright/codec-line';
import { Client, ClosedError, ConnectError, ConnectTimeoutError, InvalidOptionError, Server } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';

/** A server that echoes, and what connects to it without a socket. */
function echo(): { server: Server<string>; stream: () => Duplex } {
  const server = new Server<string>({ codec: line() }).onRead((connection, text) => connection.send(`echo ${text}`));
  onTestFinished(() => server.destroy());
  const stream = (): Duplex => {
    const [here, there] = duplexPair();
    server.attach(there);
    return here;
  };
  return { server, stream };
}

function clientOf(clock?: FakeClock): Client<string> {
  const client = new Client<string>({ codec: line(), clock });
  onTestFinished(() => client.destroy());
  return client;
}

describe('a stream in place of a socket', () => {
  test('is a connection of both', async () => {
    const { server, stream } = echo();
    const connection = await clientOf().connect({ stream });
    connection.send('hello');
    for await (const text of connection) {
      expect(text).toBe('echo hello');
      break;
    }
    expect([server.counters.accepted, connection.closeReason]).toEqual([1, 'local']);
    await vi.waitFor(() => expect(server.connections.size).toBe(0), patient);
  });

  test('is what a pool has, too', async () => {
    const pool = clientOf().pool({ stream: async () => echo().stream() });
    expect(await pool.request('hello', (text) => text)).toBe('echo hello');
  });

  test('what cannot be made, or is no stream of bytes, rejects', async () => {
    const client = clientOf();
    const broken = (): never => {
      throw new Error('no way');
    };
    await expect(client.connect({ stream: broken })).rejects.toThrow(ConnectError);
    await expect(client.connect({ stream: broken })).rejects.toThrow('no way');
    await expect(client.connect({ stream: () => new PassThrough({ objectMode: true }) })).rejects.toThrow(
      InvalidOptionError,
    );
    await expect(client.connect({ stream: 'x' as never })).rejects.toThrow(InvalidOptionError);
    await expect(client.connect({ stream: () => new PassThrough(), port: 1 })).rejects.toThrow(InvalidOptionError);
  });

  test('one that takes too long is given up, and destroyed when it comes', async () => {
    const clock = new FakeClock();
    let come!: (stream: Duplex) => void;
    const late = new Promise<Duplex>((resolve) => {
      come = resolve;
    });
    let signal: AbortSignal | undefined;
    const connecting = clientOf(clock).connect({
      stream: (options) => {
        ({ signal } = options);
        return late;
      },
    });
    const failed = expect(connecting).rejects.toThrow(ConnectTimeoutError);
    await Promise.resolve();
    clock.advance(20_000);
    await failed;
    expect(signal?.aborted).toBe(true);
    const stream = new PassThrough();
    come(stream);
    await vi.waitFor(() => expect(stream.destroyed).toBe(true), patient);
  });

  test('errors name it', async () => {
    const clock = new FakeClock();
    const client = clientOf(clock);
    const failing = client.connect({ name: 'tunnel', stream: () => Promise.reject(new Error('no way')) });
    await expect(failing).rejects.toThrow('cannot connect to tunnel: the stream could not be made: no way');
    const never = client.connect({ name: 'tunnel', stream: () => new Promise(() => {}) });
    const failed = expect(never).rejects.toThrow('no connection to tunnel within 10000 ms');
    await Promise.resolve();
    clock.advance(20_000);
    await failed;
  });

  test('a server takes each once, and none when it is closed', async () => {
    const { server } = echo();
    const [, there] = duplexPair();
    server.attach(there);
    expect(() => server.attach(there)).toThrow(InvalidOptionError);
    expect(() => server.attach({} as Duplex)).toThrow(InvalidOptionError);
    await server.close({ grace: 0 });
    expect(() => server.attach(duplexPair()[0])).toThrow(ClosedError);
  });
});
