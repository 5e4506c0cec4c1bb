import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  ClosedError,
  ConnectError,
  ConnectionLostError,
  type ConnectPlace,
  EncodeError,
  FrameTooLargeError,
  InvalidOptionError,
  ProtocolError,
  RequestTimeoutError,
  type ServerPlace,
} from '@wirewright/core';
import {
  CommandError,
  type Commands,
  QuasizeroClient,
  type QuasizeroClientOptions,
  QuasizeroServer,
  type Response,
} from '@wirewright/quasizero';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { authority, issue } from '../support/certificates.ts';
import { afterwards, gate, serve } from './scene.ts';

const MiB = 1024 * 1024;

const commands: Commands = {
  1: (_request, response) => response.setString('PONG'),
  2: (request, response) => {
    response.set(request.payload);
    for (const [key, value] of request.metadata) response.setMeta(key, value);
  },
  3: (_request, response) => response.setString('half').setMeta('k', 'v').setError('something went wrong'),
  4: async (request, response) => {
    await sleep(Number(request.text()));
    response.setString('slept');
  },
};

function clientOf({ port, stream }: ConnectPlace, options: QuasizeroClientOptions = {}): QuasizeroClient {
  const client = new QuasizeroClient(stream === undefined ? { port, host: '127.0.0.1' } : { stream }, options);
  afterwards(async () => {
    client.destroy();
    await client.close();
  });
  return client;
}

/** A bare server that does with each socket what it is told, and keeps count of them. */
async function bare(onSocket: (socket: Socket, index: number) => void): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onSocket(socket, sockets.push(socket) - 1);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, sockets };
}

const values = (results: readonly PromiseSettledResult<Response>[]): string[] =>
  results.map((result) =>
    result.status === 'fulfilled' ? result.value.text() : `! ${(result.reason as Error).message}`,
  );

describe('a call', () => {
  test('resolves with payload and metadata, which are the caller’s', async () => {
    const client = clientOf(await serve(commands));
    const responses = await Promise.all(
      Array.from({ length: 200 }, (_, i) => client.call({ code: 2, payload: `p${i}`, metadata: { i: `${i}` } })),
    );
    await sleep(1);
    expect(responses.map((response) => [response.text(), response.metadata.get('i')])).toEqual(
      responses.map((_, i) => [`p${i}`, `${i}`]),
    );
    expect((await client.call({ code: 1 })).text()).toBe('PONG');
  });

  test('rejects with the error of the command, and the connection is as good as before', async () => {
    const server = await serve(commands);
    const client = clientOf(server);
    const error = await client.call({ code: 3 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CommandError);
    const { message, code, response } = error as CommandError;
    expect([message, code, response.text(), [...response.metadata]]).toEqual([
      'something went wrong',
      'QUASIZERO_COMMAND_FAILED',
      'half',
      [['k', 'v']],
    ]);
    await expect(client.call({ code: 77 })).rejects.toThrow('unknown command code 77');
    expect((await client.call({ code: 1 })).text()).toBe('PONG');
    expect(server.counters.accepted).toBe(1);
  });

  test('gives up after its timeout, or when it is aborted, and nobody gets the late answer', async () => {
    const client = clientOf(await serve(commands));
    await expect(client.call({ code: 4, payload: '60' }, { timeout: 20 })).rejects.toThrow(RequestTimeoutError);
    const controller = new AbortController();
    const aborted = client.call({ code: 4, payload: '30' }, { signal: controller.signal });
    const behind = client.call({ code: 2, payload: 'mine' });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect((await behind).text()).toBe('mine');
    await expect(clientOf(await serve(commands), { timeout: 20 }).call({ code: 4, payload: '60' })).rejects.toThrow(
      RequestTimeoutError,
    );
  });

  test('what cannot be encoded harms nobody else', async () => {
    const client = clientOf(await serve(commands));
    const results = await Promise.allSettled([
      client.call({ code: 2, payload: 'a' }),
      client.call({ code: 1.5 }),
      client.call({ code: 2, payload: 5 as never }),
      client.call({ code: 2, payload: Buffer.alloc(16 * MiB) }),
      client.call({ code: 2, payload: 'b' }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled']);
    const { reason } = results[3] as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(EncodeError);
    expect((reason as EncodeError).cause).toBeInstanceOf(FrameTooLargeError);
  });

  test('all calls of a turn leave in one write, whoever makes them', async () => {
    let chunks = 0;
    const { port } = await bare((socket) =>
      socket.on('data', (chunk) => {
        chunks++;
        // A frame of two bytes each: length and nothing; empty responses.
        socket.write(Buffer.alloc(chunk.length / 3));
      }),
    );
    const client = clientOf({ port });
    await client.call({ code: 1 });
    chunks = 0;
    const deep = async (awaits: number): Promise<Response> => {
      for (let i = 0; i < awaits; i++) await Promise.resolve();
      return client.call({ code: 1 });
    };
    await Promise.all(Array.from({ length: 50 }, (_, i) => deep(i % 5)));
    expect(chunks).toBe(1);
  });
});

describe('a pipeline', () => {
  test('has one result for each call, in order; one that fails does not fail the others', async () => {
    const client = clientOf(await serve(commands));
    const results = await client
      .pipeline()
      .call({ code: 1 })
      .call({ code: 3 })
      .call({ code: 2, payload: 'hi' })
      .exec({ timeout: 5000 });
    expect(values(results)).toEqual(['PONG', '! something went wrong', 'hi']);
    expectTypeOf(results).toEqualTypeOf<PromiseSettledResult<Response>[]>();
  });

  test('of no calls has no results, and is sent once', async () => {
    const client = clientOf(await serve(commands));
    const pipeline = client.pipeline();
    expect(await pipeline.exec()).toEqual([]);
    await expect(pipeline.exec()).rejects.toThrow(InvalidOptionError);
  });

  test('goes out on one connection, with nobody else’s calls between', async () => {
    const seen: string[] = [];
    const server = await serve({
      2: (request, response) => response.set(seen.push(request.text()) % 7 === 0 ? '' : 'x'),
    });
    const client = clientOf(server, { window: 8, maxConnections: 1 });
    const pipeline = client.pipeline();
    for (let i = 0; i < 100; i++) pipeline.call({ code: 2, payload: `p${i}` });
    const all = [pipeline.exec(), ...Array.from({ length: 20 }, (_, i) => client.call({ code: 2, payload: `c${i}` }))];
    await Promise.all(all);
    expect(seen).toEqual([
      ...Array.from({ length: 100 }, (_, i) => `p${i}`),
      ...Array.from({ length: 20 }, (_, i) => `c${i}`),
    ]);
  });

  test('64 times 1 MiB there and back do not wait for each other for ever', async () => {
    const server = await serve(commands);
    const client = clientOf(server);
    const pipeline = client.pipeline();
    for (let i = 0; i < 64; i++) pipeline.call({ code: 2, payload: Buffer.alloc(MiB, i) });
    let most = 0;
    const watch = setInterval(() => {
      for (const connection of server.connections) most = Math.max(most, connection.bufferedBytes);
    }, 1);
    const results = await pipeline.exec();
    clearInterval(watch);
    for (const [i, result] of results.entries()) {
      const { payload } = (result as PromiseFulfilledResult<Response>).value;
      expect([payload.length, payload[0], payload[MiB - 1]]).toEqual([MiB, i, i]);
    }
    // A little more than one response and the high-water mark.
    expect(most).toBeLessThan(2 * MiB);
  });
});

describe('the pool', () => {
  test('connects when it is asked, keeps a minimum, and opens more when the window is full', async () => {
    const server = await serve(commands);
    const client = clientOf(server, { window: 2, maxConnections: 3 });
    expect(client.counters).toMatchObject({ open: 0, dialing: 0 });
    await Promise.all(Array.from({ length: 12 }, () => client.call({ code: 4, payload: '5' })));
    expect(client.counters).toMatchObject({ open: 3, dialed: 3, inFlight: 0, waiting: 0 });
    const kept = clientOf(server, { minConnections: 2, latency: true });
    await expect.poll(() => kept.counters.open).toBe(2);
    await kept.call({ code: 1 });
    expect(kept.latency!.count).toBe(1);
  });

  test('idle connections are closed', async () => {
    const client = clientOf(await serve(commands), { idleTimeout: 40 });
    await client.call({ code: 1 });
    expect(client.counters.open).toBe(1);
    await expect.poll(() => client.counters.open).toBe(0);
    await client.call({ code: 1 });
    expect(client.counters.dialed).toBe(2);
  });

  test.each([
    ['bytes that are no response', Buffer.from('0108', 'hex'), /connection was lost/],
    ['a length over the limit', Buffer.from('8180800801', 'hex'), /connection was lost/],
    ['a response that nobody asked for', Buffer.from([0, 0]), undefined],
  ])('a connection with %s is not used again', async (_name, bytes, message) => {
    const { port, sockets } = await bare((socket, index) =>
      socket.on('data', () => socket.write(index === 0 ? bytes : Buffer.from([0]))),
    );
    const client = clientOf({ port });
    const first = client.call({ code: 1 });
    if (message === undefined) {
      await first;
    } else {
      await expect(first).rejects.toThrow(message);
      const error = (await first.catch((reason: unknown) => reason)) as ConnectionLostError;
      expect([error.sent, error.cause]).toEqual([true, expect.any(ProtocolError)]);
    }
    await expect.poll(() => client.counters.open).toBe(0);
    await client.call({ code: 1 });
    expect(sockets).toHaveLength(2);
  });

  test('a connection that breaks in the middle of a response is not used again, and nothing is sent twice', async () => {
    let asked = 0;
    const { port } = await bare((socket, index) =>
      socket.on('data', () => {
        asked++;
        if (index === 0) {
          socket.write(Buffer.from([10, 0x1a, 8, 1, 2]));
          setTimeout(() => socket.resetAndDestroy(), 5);
        } else {
          socket.write(Buffer.from([0]));
        }
      }),
    );
    const client = clientOf({ port });
    await expect(client.call({ code: 1 })).rejects.toThrow(ConnectionLostError);
    expect(asked).toBe(1);
    await client.call({ code: 1 });
    expect(asked).toBe(2);
  });

  test('fails at once when nobody is there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const free = (server.address() as { port: number }).port;
    await new Promise((resolve) => server.close(resolve));
    await expect(clientOf({ port: free }).call({ code: 1 })).rejects.toThrow(ConnectError);
    await expect(clientOf({ port: free }).pipeline().call({ code: 1 }).exec()).rejects.toThrow(ConnectError);
  });

  test('gets over a restart of the server', async () => {
    const server = await serve(commands);
    const client = clientOf(server);
    await client.call({ code: 1 });
    const { port } = server;
    server.destroy();
    await server.closed;
    await expect.poll(() => client.counters.open).toBe(0);
    const restarted = new QuasizeroServer(commands);
    await restarted.listen({ port: port!, host: '127.0.0.1' });
    afterwards(async () => {
      restarted.destroy();
      await restarted.close();
    });
    expect((await client.call({ code: 1 })).text()).toBe('PONG');
  });
});

describe('streams of one’s own', () => {
  test('are made for the calls', async () => {
    const { port } = await serve(commands);
    let dialed = 0;
    const client = clientOf({
      stream: async ({ signal }) => {
        dialed++;
        const socket = connect({ port: port!, host: '127.0.0.1', signal });
        await once(socket, 'connect');
        return socket;
      },
    });
    expect((await client.call({ code: 1 })).text()).toBe('PONG');
    expect(values(await client.pipeline().call({ code: 1 }).exec())).toEqual(['PONG']);
    expect(dialed).toBe(1);
  });

  test('that cannot be made, or are something else, are errors of the call', async () => {
    const failing = new QuasizeroClient({ stream: () => Promise.reject(new Error('no way')) });
    await expect(failing.call({ code: 1 })).rejects.toThrow(/the stream could not be made: no way/);
    const wrong = new QuasizeroClient({ stream: async () => undefined as never });
    await expect(wrong.call({ code: 1 })).rejects.toThrow(/a stream that can be read and written/);
    const stream = new PassThrough({ encoding: 'utf8' });
    const texts = new QuasizeroClient({ stream: async () => stream });
    await expect(texts.call({ code: 1 })).rejects.toThrow(/a stream of bytes/);
    // Nobody else has it.
    expect(stream.destroyed).toBe(true);
    await Promise.all([failing.close(), wrong.close(), texts.close()]);
  });

  test('that are the same one again do no harm to the calls on it', async () => {
    const held = gate();
    const { port } = await serve({ 1: () => held.opened });
    const socket = connect({ port: port!, host: '127.0.0.1' });
    await once(socket, 'connect');
    const client = clientOf({ stream: async () => socket }, { window: 1 });
    const first = client.call({ code: 1 });
    await expect.poll(() => client.counters.inFlight).toBe(1);
    const second = client.call({ code: 1 });
    await expect.poll(() => client.counters.dialFailures).toBeGreaterThan(0);
    held.open();
    expect(values(await Promise.allSettled([first, second]))).toEqual(['', '']);
  });
});

test('calls over TLS', async () => {
  const ca = await authority();
  const server = new QuasizeroServer(commands);
  await server.listen({ port: 0, host: '127.0.0.1', tls: await issue(['127.0.0.1'], ca) });
  const client = new QuasizeroClient({ port: server.port!, host: '127.0.0.1' }, { tls: { ca: ca.cert } });
  expect((await client.call({ code: 1 })).text()).toBe('PONG');
  await Promise.all([client.close(), server.close()]);
});

describe('closing', () => {
  test('waits for the answers under way, and takes no more calls', async () => {
    const client = clientOf(await serve(commands));
    const slow = client.call({ code: 4, payload: '200' });
    await expect.poll(() => client.counters.inFlight, { interval: 5 }).toBe(1);
    const closed = client.close();
    await expect(client.call({ code: 1 })).rejects.toThrow(ClosedError);
    expect((await slow).text()).toBe('slept');
    expect(await closed).toMatchObject({ drained: 1 });
    expect(client.close()).toBe(client.close());
  });

  test('destroy() does not wait', async () => {
    const client = clientOf(await serve(commands));
    const slow = client.call({ code: 4, payload: '1000' });
    await expect.poll(() => client.counters.inFlight).toBe(1);
    client.destroy();
    await expect(slow).rejects.toThrow(ConnectionLostError);
  });

  test('await using', async () => {
    const server = await serve(commands);
    {
      await using client = new QuasizeroClient({ port: server.port, host: '127.0.0.1' });
      await client.call({ code: 1 });
    }
    await expect.poll(() => server.connections.size).toBe(0);
  });
});

test('options are checked at once', () => {
  const make = (place: unknown, options: object = {}) => {
    return () => new QuasizeroClient(place as ServerPlace, options);
  };
  expect(make('localhost:0')).toThrow(InvalidOptionError);
  expect(make({ port: 0 })).toThrow(InvalidOptionError);
  expect(make({ port: 1, stream: () => {} })).toThrow(/no option 'port'/);
  expect(make({ stream: 5 })).toThrow(/stream must be a function/);
  expect(make({ port: 1 }, { windows: 5 })).toThrow(/no option 'windows'/);
  expect(make({ port: 1 }, { max: 0 })).toThrow(InvalidOptionError);
  expect(make({ port: 1 }, { connectTimeout: -1 })).toThrow(InvalidOptionError);
  expect(make({ port: 1 }, { maxFrameLength: -1 })).toThrow(InvalidOptionError);
});
