import { once } from 'node:events';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Client, type Connection, Exchange, InvalidOptionError, Server } from '@wirewright/core';
import { embed, type EmbeddedConnection } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

const unread = (): EmbeddedConnection<string> => embed(line(), {}, { record: false });

async function collected(connection: Connection<string>): Promise<string[]> {
  const messages: string[] = [];
  for await (const message of connection) messages.push(message);
  return messages;
}

describe('for await', () => {
  test('gives the messages in order and ends with the peer', async () => {
    const embedded = unread();
    const messages = collected(embedded.connection);
    embedded.feed('a\nb');
    await embedded.settled();
    embedded.feed('c\nd\n').end();
    expect(await messages).toEqual(['a', 'bc', 'd']);
    expect(await embedded.connection.closed).toBe('peer');
  });

  test('reads nothing before the first next()', async () => {
    const embedded = unread();
    const iterator = embedded.connection[Symbol.asyncIterator]();
    embedded.feed('a\n').feed('b\n');
    await embedded.settled();
    expect(embedded.paused).toBe(true);
    expect(embedded.connection.counters.messagesIn).toBe(0);
    expect(await iterator.next()).toEqual({ value: 'a', done: false });
    expect(await iterator.next()).toEqual({ value: 'b', done: false });
  });

  test('queues a few messages and then holds the peer', async () => {
    const embedded = unread();
    const iterator = embedded.connection[Symbol.asyncIterator]();
    void iterator.next();
    for (let i = 0; i < 100; i++) embedded.feed(`${i}\n`);
    await embedded.settled();
    expect(embedded.paused).toBe(true);
    expect(embedded.connection.counters.messagesIn).toBeLessThan(20);
    for (let i = 1; i < 100; i++) expect(await iterator.next()).toEqual({ value: `${i}`, done: false });
    await embedded.settled();
    expect(embedded.paused).toBe(false);
  });

  test('several calls of next() at a time are answered in order', async () => {
    const embedded = unread();
    const iterator = embedded.connection[Symbol.asyncIterator]();
    const three = [iterator.next(), iterator.next(), iterator.next()];
    await embedded.settled();
    embedded.feed('a\nb\n').end();
    expect(await Promise.all(three)).toEqual([
      { value: 'a', done: false },
      { value: 'b', done: false },
      { value: undefined, done: true },
    ]);
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  });

  test('messages are made to last', async () => {
    const embedded = embed(line({ as: 'view' }), {}, { record: false });
    const iterator = embedded.connection[Symbol.asyncIterator]();
    const first = iterator.next();
    await embedded.settled();
    const chunk = Buffer.from('first\nsecond\n');
    embedded.feed(chunk);
    const views = [await first, await iterator.next()].map(({ value }) => value!);
    expect(views.map(String)).toEqual(['first', 'second']);
    // A view that was not made to last lies in the chunk; a small chunk may be kept as it is.
    expect(views.every((view) => view.source.buffer.byteLength <= 4 * Math.max(view.length, chunk.length))).toBe(true);
  });

  test('leaving the loop closes the connection', async () => {
    const embedded = unread();
    setImmediate(() => embedded.feed('a\nb\n'));
    for await (const message of embedded.connection) {
      expect(message).toBe('a');
      break;
    }
    expect(embedded.ended).toBe(true);
    expect(embedded.connection.closeReason).toBe('local');
  });

  test('an error of the connection is thrown, after the messages before it', async () => {
    const embedded = embed(line({ maxLength: 10 }), {}, { record: false });
    const messages: string[] = [];
    setImmediate(() => embedded.feed(`ok\n${'x'.repeat(20)}\n`));
    await expect(
      (async () => {
        for await (const message of embedded.connection) messages.push(message);
      })(),
    ).rejects.toMatchObject({ code: 'WIRE_FRAME_TOO_LARGE' });
    expect(messages).toEqual(['ok']);
  });

  test('a close on this side ends the loop', async () => {
    const embedded = unread();
    const messages = collected(embedded.connection);
    embedded.feed('a\n');
    await embedded.settled();
    void embedded.connection.close();
    expect(await messages).toEqual(['a']);
  });

  test('beside an onRead hook it throws, and beside an exchange', async () => {
    const hooked = embed(line());
    await expect(collected(hooked.connection)).rejects.toBeInstanceOf(InvalidOptionError);
    const asked = unread();
    void new Exchange(asked.connection);
    await expect(collected(asked.connection)).rejects.toBeInstanceOf(InvalidOptionError);
    const twice = unread();
    void twice.connection[Symbol.asyncIterator]().next();
    await expect(collected(twice.connection)).rejects.toBeInstanceOf(InvalidOptionError);
  });

  test('a server may run its whole conversation in onConnect, and still says something at the end', async () => {
    const server = new Server<string>({ codec: line(), handshakeTimeout: 20 }).onConnect(async (connection) => {
      for await (const message of connection) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        connection.send(message.toUpperCase());
      }
      connection.send('bye');
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect({ port: server.port!, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.end('a\nb\nc\n');
    await once(socket, 'end');
    expect(text).toBe('A\nB\nC\nbye\n');
    await server.close();
  });

  test('a server that closes has what was received handled, and does not wait for a loop that has nothing to do', async () => {
    const server = new Server<string>({ codec: line() }).onConnect(async (connection) => {
      for await (const message of connection) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        connection.send(message);
      }
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const client = new Client<string>({ codec: line() });
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    const idle = await client.connect({ port: server.port!, host: '127.0.0.1' });
    const answers = collected(connection);
    const nothing = collected(idle);
    for (const text of ['a', 'b', 'c']) connection.send(text);
    while (server.counters.messagesIn === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await server.close({ grace: 10_000 })).toEqual({ drained: 2, destroyed: 0 });
    expect(await answers).toEqual(['a', 'b', 'c']);
    expect(await nothing).toEqual([]);
    await client.close();
  });
});
