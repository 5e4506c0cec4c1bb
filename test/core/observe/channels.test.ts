import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { line } from '@wirewright/codec-line';
import {
  channels,
  Client,
  ConnectError,
  type Connection,
  ConnectionLostError,
  Exchange,
  type RetrySeen,
  Server,
} from '@wirewright/core';
import { ByteReader, ByteWriter, type Codec, type CodecFactory } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { ALL_CHANNELS, Recorder, told } from './recorder.ts';

afterEach(() => {
  vi.restoreAllMocks();
  Recorder.stopAll();
});

describe('the life of a connection', () => {
  test('is published by both ends', async () => {
    const recorder = new Recorder();
    const served: Connection<string>[] = [];
    await using server = new Server({ codec: line() as CodecFactory<string> })
      .onConnect((connection) => served.push(connection))
      .onRead((connection, text) => connection.send(text.toUpperCase()));
    await server.listen({ port: 0, host: '127.0.0.1' });
    const client = new Client({ codec: line() }).onRead((connection) => connection.close());
    const connection = await client.connect({ port: server.port, host: '127.0.0.1' });
    connection.send('hello');
    await Promise.all([connection.closed, served[0]!.closed]);
    expect(recorder.of(connection).map(told)).toEqual([
      'connectionOpen',
      'frameOut hello',
      'frameIn HELLO',
      'connectionClose local',
    ]);
    expect(recorder.of(served[0]).map(told)).toEqual([
      'connectionOpen',
      'frameIn hello',
      'frameOut HELLO',
      'connectionClose peer',
    ]);
    expect(recorder.frames(served[0], 'frameIn').map(String)).toEqual(['hello\n']);
    expect(recorder.frames(connection, 'frameIn').map(String)).toEqual(['HELLO\n']);
  });

  test('is published before each hook', async () => {
    const recorder = new Recorder();
    const order: string[] = [];
    const before = (hook: string): void => {
      order.push(...recorder.published.splice(0).map(told), hook);
    };
    const embedded = embed(line(), {
      onConnect: () => before('onConnect'),
      onRead(connection, text) {
        before('onRead');
        connection.send(text);
        before('sent');
        throw new Error('enough');
      },
      onError: () => before('onError'),
      onClose: () => before('onClose'),
    });
    embedded.feed('hello\n').end();
    await embedded.settled();
    expect(order).toEqual([
      'connectionOpen',
      'onConnect',
      'frameIn hello',
      'onRead',
      'frameOut hello',
      'sent',
      'connectionError WIRE_HOOK_FAILED',
      'onError',
      'connectionClose hook-error',
      'onClose',
    ]);
  });

  test('is published with the error that closed it, once', async () => {
    const recorder = new Recorder();
    const embedded = embed(line({ maxLength: 3 }), {
      onError: () => {
        throw new Error('another one');
      },
      onClose: () => {},
    });
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    embedded.feed('too long\n').reset();
    await embedded.settled();
    expect(warned).toHaveBeenCalledOnce();
    const [failed, ...more] = recorder.of(embedded.connection, 'connectionError', 'connectionTimeout');
    expect(more).toEqual([]);
    expect(failed!.event['error']).toBe(embedded.errors[0]);
    expect(recorder.of(embedded.connection, 'connectionClose').map(told)).toEqual(['connectionClose protocol-error']);
  });

  test('is published of a connection that breaks', async () => {
    const recorder = new Recorder();
    await using server = new Server({ codec: line() }).onRead(() => {}).onError(() => {});
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = connect(server.port!, '127.0.0.1').on('error', () => {});
    await vi.waitFor(() => expect(server.connections.size).toBe(1), patient);
    const [connection] = server.connections;
    peer.resetAndDestroy();
    expect(await connection!.closed).toBe('reset');
    expect(recorder.of(connection).map(told)).toEqual([
      'connectionOpen',
      'connectionError WIRE_SOCKET',
      'connectionClose reset',
    ]);
  });
});

describe('connection:timeout', () => {
  test('has no error when the connection was merely idle', async () => {
    const recorder = new Recorder();
    const embedded = embed(line(), {}, { idleTimeout: 1000 });
    embedded.advance(2000).end();
    await embedded.settled();
    const { connection } = embedded;
    expect(recorder.of(connection).map(told)).toEqual(['connectionOpen', 'connectionTimeout', 'connectionClose idle']);
    expect(recorder.of(connection, 'connectionTimeout')[0]!.event).toEqual({ connection, error: undefined });
  });

  const ping = (): void => {};
  test.each([
    ['WIRE_FRAME_TIMEOUT', 'frame-timeout', { frameTimeout: 1000 }, {}],
    ['WIRE_HEARTBEAT', 'heartbeat', { heartbeat: { interval: 500, misses: 1, ping } }, {}],
    [
      'WIRE_HANDSHAKE_TIMEOUT',
      'handshake-timeout',
      { handshakeTimeout: 1000 },
      { onConnect: () => new Promise(() => {}) },
    ],
    ['WIRE_WRITE_STALL', 'write-stall', { stallTimeout: 1000 }, {}],
  ])('comes before the error %s, with that error', async (code, reason, options, hooks) => {
    const recorder = new Recorder(['connectionTimeout', 'connectionError', 'connectionClose']);
    const embedded = embed(line(), hooks, options);
    if (code === 'WIRE_WRITE_STALL') embedded.stall().connection.send('x'.repeat(1000));
    else if (code === 'WIRE_FRAME_TIMEOUT') embedded.feed('not the end');
    await embedded.settled();
    for (let s = 0; s < 3; s++) embedded.advance(1000);
    if (!embedded.destroyed) embedded.end();
    await embedded.settled();
    const { connection } = embedded;
    expect(recorder.of(connection).map(told)).toEqual([
      `connectionTimeout ${code}`,
      `connectionError ${code}`,
      `connectionClose ${reason}`,
    ]);
    const [late, failed] = recorder.of(connection);
    expect(late!.event['error']).toBe(failed!.event['error']);
  });
});

test('client:retry is published before each pause', async () => {
  // A path, since another process may take a port that is free again.
  const directory = await mkdtemp(join(tmpdir(), 'wirewright-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'socket');
  const server = new Server({ codec: line() }).onRead(() => {});
  await server.listen({ path });

  const recorder = new Recorder(['clientRetry']);
  const retries: RetrySeen[] = [];
  const client = new Client({ codec: line(), reconnect: { minDelay: 1, maxDelay: 1, attempts: 3 } })
    .onRead(() => {})
    .onRetry((retry) => retries.push(retry));
  const givenUp = new Promise<unknown>((resolve) => client.onGiveUp(resolve));
  await client.connect({ path });
  expect(recorder.published).toEqual([]);
  server.destroy();
  expect(await givenUp).toBeInstanceOf(ConnectError);
  await client.close();

  const seen = recorder.published.map(({ event }) => event);
  expect(seen).toEqual(retries);
  expect(seen).toMatchObject([1, 2, 3].map((attempt) => ({ attempt, delay: 1 })));
  expect(seen[0]!['error']).not.toBeInstanceOf(ConnectError);
  expect(seen[1]!['error']).toBeInstanceOf(ConnectError);
});

describe('without a subscriber nothing is computed', () => {
  /** Lines, and how often anybody wanted them in words. */
  function counted(): { factory: CodecFactory<string>; described: () => number } {
    let count = 0;
    const factory: CodecFactory<string> = () =>
      Object.assign(line()() as Codec<string>, {
        describe: () => {
          count++;
          throw new Error('nobody asked');
        },
      });
    return { factory, described: () => count };
  }

  function exercise(): number {
    const { factory, described } = counted();
    const embedded = embed(factory, { onRead: (connection, text) => connection.send(text) });
    embedded.feed('a\nb\n').feed('c').end();
    expect(embedded.sent().toString()).toBe('a\nb\nc\n');
    return described();
  }

  const spies = (): Record<'consumed' | 'last' | 'length', ReturnType<typeof vi.spyOn>> => ({
    consumed: vi.spyOn(ByteReader.prototype, 'consumed', 'get'),
    last: vi.spyOn(ByteWriter.prototype, 'last'),
    // Reading it ends the run of texts that are written by one call.
    length: vi.spyOn(ByteWriter.prototype, 'length', 'get'),
  });

  test('neither the bytes of a frame nor its description', () => {
    const { consumed, last, length } = spies();
    expect(exercise()).toBe(0);
    expect(consumed).not.toHaveBeenCalled();
    expect(last).not.toHaveBeenCalled();
    expect(length).not.toHaveBeenCalled();
  });

  test('for the channels that nobody listens to, and never a description', () => {
    const { consumed, last, length } = spies();
    const others = new Recorder(ALL_CHANNELS.filter((name) => name !== 'frameIn' && name !== 'frameOut'));
    expect(exercise()).toBe(0);
    others.stop();
    expect(consumed).not.toHaveBeenCalled();
    expect(last).not.toHaveBeenCalled();
    expect(length).not.toHaveBeenCalled();

    const incoming = new Recorder(['frameIn']);
    expect(exercise()).toBe(0);
    incoming.stop();
    expect(consumed).toHaveBeenCalledTimes(3);
    expect(last).not.toHaveBeenCalled();

    consumed.mockClear();
    const outgoing = new Recorder(['frameOut']);
    expect(exercise()).toBe(0);
    outgoing.stop();
    expect(consumed).not.toHaveBeenCalled();
    expect(last).toHaveBeenCalledTimes(3);
  });

  test('for a request', async () => {
    const now = vi.spyOn(performance, 'now');
    const looksAtTheClock = async (): Promise<number> => {
      const embedded = embed(line(), {}, { role: 'client', record: false });
      const exchange = new Exchange(embedded.connection);
      now.mockClear();
      const reply = exchange.request('question', (frame) => frame);
      embedded.connection.destroy();
      const { length } = now.mock.calls;
      await expect(reply).rejects.toThrow(ConnectionLostError);
      return length;
    };
    expect(await looksAtTheClock()).toBe(0);
    const recorder = new Recorder(['requestEnd']);
    expect(await looksAtTheClock()).toBe(2);
    recorder.stop();
  });
});

describe('subscribing and unsubscribing in the middle', () => {
  test('a subscriber that unsubscribes in a frame gets no more, and the others go on', () => {
    const seen: unknown[] = [];
    const once = (event: unknown): void => {
      seen.push((event as { message: unknown }).message);
      channels.frameIn.unsubscribe(once);
    };
    channels.frameIn.subscribe(once);
    const recorder = new Recorder(['frameIn']);
    const embedded = embed(line(), { onRead: (_, text) => text === 'c' && recorder.stop() });
    embedded.feed('a\nb\nc\nd\n');
    expect(seen).toEqual(['a']);
    expect(recorder.frames(embedded.connection, 'frameIn').map(String)).toEqual(['a\n', 'b\n', 'c\n']);
    expect(embedded.messages).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a subscriber that comes in a hook gets whole frames only', async () => {
    let recorder: Recorder | undefined;
    const embedded = embed(line(), {
      onRead(connection, text) {
        if (text === 'b') recorder = new Recorder();
        connection.send(text);
      },
    });
    embedded.feed('aaa\nb\nccc\ndd');
    await embedded.settled();
    embedded.feed('d\ne\n');
    const { connection } = embedded;
    expect(recorder!.frames(connection, 'frameOut').map(String)).toEqual(['b\n', 'ccc\n', 'ddd\n', 'e\n']);
    const received = recorder!.frames(connection, 'frameIn').map(String);
    expect(received.slice(-2)).toEqual(['ddd\n', 'e\n']);
    expect(['aaa\n', 'b\n', 'ccc\n', 'ddd\n', 'e\n'].slice(-received.length)).toEqual(received);
    expect(embedded.sent().toString()).toBe('aaa\nb\nccc\nddd\ne\n');
  });
});
