import { Buffer } from 'node:buffer';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { type Connection, Server } from '@wirewright/core';
import { type CodecFactory, lengthPrefixed } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { received } from '../../support/received.ts';

const MIB = 1024 * 1024;

describe('8. Backpressure', () => {
  test('An accepted connection above its high-water mark stops reading until it has drained.', async () => {
    const embedded = embed(
      line(),
      { onRead: (connection, text) => connection.send(text.repeat(1000)) },
      { highWaterMark: 50_000, lowWaterMark: 10_000 },
    );
    const request = `${'x'.repeat(10)}\n`;
    embedded.stall();
    // Each answer is 10,001 bytes: the fifth of those that are written is over the mark.
    for (let i = 0; i < 5; i++) {
      embedded.feed(request);
      // It would leave now, or later when other connections of the process are busy: what counts is what the socket has.
      embedded.connection.flush();
    }
    expect(embedded.messages).toHaveLength(5);
    expect(embedded.connection.bufferedBytes).toBe(50_005);
    for (let i = 0; i < 1000; i++) embedded.feed(request);
    await embedded.settled();
    expect(embedded.messages).toHaveLength(5);
    expect(embedded.connection.counters.bytesIn).toBe(6 * request.length);
    expect(embedded.paused).toBe(true);
    // Nothing else lets it go on, a release of another hold included.
    embedded.connection.pause();
    embedded.connection.resume();
    await embedded.settled();
    expect(embedded.messages).toHaveLength(5);
    embedded.unstall();
    // In how many turns of the loop is up to how busy other connections of the process are.
    await vi.waitFor(() => expect(embedded.messages).toHaveLength(1005), patient);
    await vi.waitFor(() => expect(embedded.connection.bufferedBytes).toBe(0), patient);
    expect(embedded.sent()).toHaveLength(1005 * 10_001);
    expect(embedded.paused).toBe(false);

    // In the middle of a chunk, too: what is not handled stays bytes.
    const inOne = embed(line(), { onRead: (connection, text) => connection.send(text.repeat(1000)) });
    inOne.stall().feed(request.repeat(1000));
    expect(inOne.messages.length).toBeLessThan(20);
    inOne.unstall();
    await vi.waitFor(() => expect(inOne.messages).toHaveLength(1000), patient);
    await vi.waitFor(() => expect(inOne.connection.bufferedBytes).toBe(0), patient);
    expect(inOne.sent()).toHaveLength(1000 * 10_001);
  });

  test('A client goes on reading however much it has unsent.', async () => {
    for (const role of ['client', 'connection'] as const) {
      const embedded = embed(line(), {}, { role });
      embedded.stall();
      for (let i = 0; i < 10; i++) {
        expect(embedded.connection.send('x'.repeat(MIB))).toBe(false);
        embedded.feed(`reply ${i}\n`);
        await embedded.settled();
        expect(embedded.messages).toHaveLength(i + 1);
        expect(embedded.paused).toBe(false);
      }
      expect(embedded.connection.bufferedBytes).toBe(10 * (MIB + 1));
      expect(embedded.connection.writable).toBe(true);
    }
  });

  test('A peer that takes nothing for the stall timeout is broken off.', async () => {
    const embedded = embed(line(), {}, { role: 'client' });
    // Nothing is unsent: there is nothing to take.
    embedded.advance(100_000);
    const send = (): void => {
      embedded.connection.send('x'.repeat(1000));
      embedded.connection.flush();
    };
    // Who takes some now and then has not stalled.
    for (let i = 0; i < 10; i++) {
      embedded.stall();
      send();
      embedded.advance(29_999);
      embedded.unstall();
    }
    embedded.stall();
    send();
    // More that is sent does not make it take anything, and bytes of its own do not, either.
    for (let second = 1; second < 30; second++) {
      embedded.advance(1000);
      send();
      embedded.feed('still here\n');
    }
    embedded.advance(999);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.advance(1 + 30_000 / 8);
    expect(embedded.connection.closeReason).toBe('write-stall');
    expect(embedded.destroyed).toBe(true);
    await embedded.settled();
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_WRITE_STALL' }]);
    expect(embedded.closeReasons).toEqual(['write-stall']);
    expect(embedded.clock.pending).toBe(0);
  });

  test('Sending on beyond the buffer limit breaks the connection off.', async () => {
    const limits: [CodecFactory<Buffer, string | Buffer>, number | undefined, number][] = [
      [lengthPrefixed(), undefined, 16 * MIB],
      [lengthPrefixed({ maxFrameLength: 12 * MIB }), undefined, 24 * MIB],
      [lengthPrefixed({ maxFrameLength: 12 * MIB }), 100_000, 100_000],
    ];
    for (const [codec, maxBufferedBytes, limit] of limits) {
      const embedded = embed(codec, {}, { role: 'client', maxBufferedBytes });
      const { connection } = embedded;
      embedded.stall();
      const size = Math.min(limit, MIB);
      for (let sent = 0; sent < limit; sent += size) connection.send(Buffer.alloc(size - 4));
      expect(connection.bufferedBytes).toBe(limit);
      // One message may go beyond it: it is sent while there is room.
      const { messagesOut } = connection.counters;
      expect(connection.send(Buffer.alloc(MIB))).toBe(false);
      expect(connection.bufferedBytes).toBe(limit + MIB + 4);
      await embedded.settled();
      expect(connection.closeReason).toBeUndefined();
      expect(connection.send('one more')).toBe(false);
      expect(connection.closeReason).toBe('overflow');
      expect(embedded.destroyed).toBe(true);
      expect(connection.send('and another')).toBe(false);
      await embedded.settled();
      expect(embedded.errors).toMatchObject([{ code: 'WIRE_OVERFLOW' }]);
      expect(embedded.closeReasons).toEqual(['overflow']);
      expect(connection.counters.messagesOut).toBe(messagesOut + 1);
    }
    // To the byte.
    const exact = embed(line(), {}, { maxBufferedBytes: 100_000 });
    exact.stall().connection.send('x'.repeat(99_999));
    exact.connection.send('');
    expect(exact.connection.bufferedBytes).toBe(100_001);
    expect(exact.connection.closeReason).toBeUndefined();
    exact.connection.send('');
    expect(exact.connection.closeReason).toBe('overflow');

    // A message beyond the limit is no fault when the peer takes it.
    const quick = embed(lengthPrefixed(), {}, { maxBufferedBytes: 100_000 });
    for (let i = 0; i < 10; i++) quick.connection.send(Buffer.alloc(MIB));
    expect(quick.sent()).toHaveLength(10 * (MIB + 4));
  });

  test('What is paused stays bytes, and nothing is lost.', async () => {
    const decoded: string[] = [];
    const lines = line();
    const watched: CodecFactory<string> = () => {
      const codec = lines();
      return {
        decode(input) {
          const message = codec.decode(input);
          if (message !== undefined) decoded.push(message);
          return message;
        },
        decodeEnd: (input) => codec.decodeEnd!(input),
        encode: (text, output) => codec.encode(text, output),
      };
    };
    const embedded = embed(watched, { onRead: (connection, text) => text === 'stop' && connection.pause() });
    embedded.feed('a\nstop\nb\nc\n').feed('d\n').feed('e\nstop\nf');
    embedded.end();
    await embedded.settled();
    // Not a message waits decoded.
    expect(decoded).toEqual(['a', 'stop']);
    expect(embedded.paused).toBe(true);
    embedded.connection.resume();
    await embedded.settled();
    expect(decoded).toEqual(['a', 'stop', 'b', 'c', 'd', 'e', 'stop']);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.connection.resume();
    await embedded.settled();
    expect(embedded.messages).toEqual(['a', 'stop', 'b', 'c', 'd', 'e', 'stop', 'f']);
    expect(embedded.closeReasons).toEqual(['peer']);

    // Over a real socket: whatever has to wait, in this process or in the kernel.
    let paused = 0;
    const server = new Server({ codec: line() }).onRead((connection: Connection<string>, text) => {
      connection.send(text);
      if (Number(text) % 1000 !== 0) return;
      paused++;
      connection.pause();
      setImmediate(() => connection.resume());
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = connect(server.port!, '127.0.0.1');
    const all = received(peer);
    const text = Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join('');
    peer.end(text);
    expect((await all).toString()).toBe(text);
    expect(paused).toBe(100);
    await server.close();
  });
});
