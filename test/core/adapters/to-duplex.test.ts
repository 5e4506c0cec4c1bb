import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { duplexPair, PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { line } from '@wirewright/codec-line';
import { ClosedError, Connection, InvalidOptionError, Server, toDuplex } from '@wirewright/core';
import { mapCodec } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

const upperCase = (): Transform =>
  new Transform({
    objectMode: true,
    transform: (text: string, _encoding, done) => done(undefined, text.toUpperCase()),
  });

async function echoThroughStreams(): Promise<{ port: number; close: () => void }> {
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    const messages = toDuplex(line(), socket);
    pipeline(messages, upperCase(), messages).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

describe('toDuplex()', () => {
  test('goes into a pipeline, both ways, and ends with its peer', async () => {
    const { port, close } = await echoThroughStreams();
    const messages = toDuplex(line(), connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    const answers: string[] = [];
    messages.on('data', (text: string) => answers.push(text));
    for (let i = 0; i < 1000; i++) messages.write(`message ${i}`);
    messages.end();
    await once(messages, 'close');
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, i) => `MESSAGE ${i}`));
    close();
  });

  test('who does not read holds the peer', async () => {
    const [ours, theirs] = duplexPair();
    const messages = toDuplex(line(), ours);
    let taken = 0;
    for (let i = 0; i < 2000; i++) theirs.write(`${'x'.repeat(1000)}\n`, () => taken++);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken).toBeLessThan(1500);
    expect(messages.readableLength).toBeLessThanOrEqual(messages.readableHighWaterMark + 1);
    let read = 0;
    messages.on('data', () => read++);
    theirs.end();
    await once(messages, 'end');
    expect(read).toBe(2000);
    messages.destroy();
  });

  test('a peer that does not read holds the writer', async () => {
    const [ours, theirs] = duplexPair();
    const messages = toDuplex(line(), ours);
    let written = 0;
    for (let i = 0; i < 1000; i++) messages.write('x'.repeat(1000), () => written++);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(written).toBeLessThan(500);
    let bytes = 0;
    theirs.on('data', (chunk: Buffer) => (bytes += chunk.length));
    messages.end();
    await once(theirs, 'end');
    expect(written).toBe(1000);
    expect(bytes).toBe(1001 * 1000);
    theirs.destroy();
  });

  test('an error of the protocol destroys the stream with it', async () => {
    const [ours, theirs] = duplexPair();
    const messages = toDuplex(line({ maxLength: 10 }), ours);
    messages.resume();
    theirs.write(`${'x'.repeat(50)}\n`);
    const [error] = (await once(messages, 'error')) as [Error & { code: string }];
    expect(error.code).toBe('WIRE_FRAME_TOO_LARGE');
    theirs.destroy();
  });

  test('what cannot be encoded is an error of its write', async () => {
    const [ours, theirs] = duplexPair();
    const messages = toDuplex(line(), ours);
    messages.write(Symbol('no text'));
    const [error] = (await once(messages, 'error')) as [Error & { code: string }];
    expect(error.code).toBe('WIRE_ENCODE_FAILED');
    theirs.destroy();
  });

  test('to destroy the stream destroys the connection, and the other way round', async () => {
    const [ours] = duplexPair();
    const connection = Connection.over(ours, line(), {}, { halfOpen: true });
    const messages = toDuplex(connection);
    messages.destroy();
    expect(await connection.closed).toBe('destroyed');

    const [others] = duplexPair();
    const destroyed = Connection.over(others, line());
    const stream = toDuplex(destroyed);
    destroyed.destroy();
    const [error] = (await once(stream, 'error')) as [Error];
    expect(error).toBeInstanceOf(ClosedError);
  });

  test('a close of the connection ends both sides of the stream, with everything sent', async () => {
    const [ours, theirs] = duplexPair();
    const connection = Connection.over(ours, line());
    const closed = once(toDuplex(connection).resume(), 'close');
    const text = 'x'.repeat(65_535);
    for (let i = 0; i < 100; i++) connection.send(text);
    void connection.close();
    let bytes = 0;
    theirs.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await once(theirs, 'end');
    expect(bytes).toBe(100 * 65_536);
    theirs.end();
    await closed;
    expect(await connection.closed).toBe('local');
  });

  test('a server that closes waits until what it has received went through the streams', async () => {
    const slowly = (): Transform =>
      new Transform({
        objectMode: true,
        transform: (text: string, _encoding, done) => void setTimeout(() => done(undefined, text.toUpperCase()), 20),
      });
    const server = new Server<string>({ codec: line() }).onConnect((connection) => {
      const messages = toDuplex(connection);
      pipeline(messages, slowly(), messages).catch(() => connection.destroy());
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect({ port: server.port!, host: '127.0.0.1' });
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.write('a\nb\nc\n');
    while (server.counters.messagesIn < 3) await new Promise(setImmediate);
    expect(await server.close()).toEqual({ drained: 1, destroyed: 0 });
    expect(text).toBe('A\nB\nC\n');
  });

  test('a peer that goes on talking meanwhile does not cut it off', async () => {
    const embedded = embed(line(), {}, { record: false });
    const messages = toDuplex(embedded.connection);
    const got: string[] = [];
    messages.on('data', (text: string) => got.push(text));
    await embedded.settled();
    embedded.feed('one\n');
    void embedded.connection.close({ drain: true });
    await once(messages, 'end');
    embedded.feed('two\n').feed('three\n');
    await embedded.settled();
    messages.end('answer');
    await once(messages, 'finish');
    embedded.end();
    expect(await embedded.connection.closed).toBe('shutdown');
    expect([got, embedded.sent().toString(), embedded.errors]).toEqual([['one'], 'answer\n', []]);
  });

  test('who only reads does not keep a connection whose peer has ended', async () => {
    const embedded = embed(line(), {}, { record: false, closeTimeout: 1000 });
    const read: string[] = [];
    toDuplex(embedded.connection).on('data', (text: string) => read.push(text));
    embedded.feed('a\n').end();
    await embedded.settled();
    expect(read).toEqual(['a']);
    embedded.advance(999);
    await embedded.settled();
    expect(embedded.ended).toBe(false);
    embedded.advance(1);
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['peer']);
    expect(embedded.clock.pending).toBe(0);
  });

  test('a reset does not end a process that does not listen for errors', async () => {
    await using server = new Server<string>({ codec: line() }).onConnect((connection) => {
      toDuplex(connection).on('data', () => {});
    });
    const errors: string[] = [];
    server.onError((_connection, error) => errors.push(error.code));
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect({ port: server.port!, host: '127.0.0.1' });
    await once(socket, 'connect');
    while (server.connections.size === 0) await new Promise(setImmediate);
    socket.resetAndDestroy();
    while (server.connections.size > 0) await new Promise(setImmediate);
    expect(errors).toEqual(['WIRE_SOCKET']);
  });

  test('null, which would end the stream, is an error', async () => {
    const json = mapCodec(line(), {
      decode: (text): unknown => JSON.parse(text),
      encode: (message: unknown) => JSON.stringify(message),
    });
    const [ours, theirs] = duplexPair();
    const messages = toDuplex(json, ours);
    const received: unknown[] = [];
    messages.on('data', (message) => received.push(message));
    theirs.write('1\nnull\n2\n');
    const [error] = (await once(messages, 'error')) as [Error & { code: string }];
    expect(error.code).toBe('WIRE_NULL_MESSAGE');
    expect(received).toEqual([1]);
    theirs.destroy();
  });

  test('the messages of a connection are taken once', async () => {
    const connection = Connection.over(new PassThrough(), line(), { onRead: () => {} });
    expect(() => toDuplex(connection)).toThrow(InvalidOptionError);
    connection.destroy();
  });

  test('a server hook may make a stream of its connection', async () => {
    await using server = new Server<string>({ codec: line(), halfOpen: true }).onConnect((connection) => {
      const messages = toDuplex(connection);
      void pipeline(messages, upperCase(), messages).catch(() => connection.destroy());
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect({ port: server.port!, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.end('a\nb\n');
    await once(socket, 'end');
    expect(text).toBe('A\nB\n');
  });
});
