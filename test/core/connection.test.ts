import { Buffer } from 'node:buffer';
import { connect, createServer, type Socket } from 'node:net';
import { type Duplex, PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';

import { line } from '@wirewright/codec-line';
import { Client, ClosedError, Connection, EncodeError, InvalidOptionError, Server } from '@wirewright/core';
import {
  type ByteReader,
  type CodecFactory,
  decodeNext,
  fixedLength,
  lengthPrefixed,
  ByteReader as Reader,
} from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test, vi } from 'vitest';

import { duplexPair } from '../support/duplex-pair.ts';
import { patient } from '../support/patience.ts';
import { random } from '../support/random.ts';
import { received } from '../support/received.ts';

const local = { port: 0, host: '127.0.0.1' };

describe('nobody gets the bytes of another:', () => {
  test('a batch that has a payload by reference keeps its region when another one is given back', () => {
    const [a, b] = [embed(lengthPrefixed()), embed(lengthPrefixed())];
    b.connection.send(Buffer.from('small'));
    a.connection.send(Buffer.alloc(2000, 'a'));
    b.connection.flush();
    b.connection.send(Buffer.from('SECRET-OF-B'));
    expect(a.sent().toString('latin1')).toBe(`\0\0\x07\xd0${'a'.repeat(2000)}`);
    expect(b.sent().toString('latin1')).toBe('\0\0\0\x05small\0\0\0\x0bSECRET-OF-B');
  });

  test('a large text of one does not bring along what another wrote', () => {
    const [a, b] = [embed(line()), embed(line())];
    b.connection.send('SECRET-OF-B');
    a.connection.send('€'.repeat(30_000));
    expect(a.sent().toString()).toBe(`${'€'.repeat(30_000)}\n`);
    expect(b.sent().toString()).toBe('SECRET-OF-B\n');
  });

  test('a hook that a write calls at once may send elsewhere', async () => {
    const pairs = Array.from({ length: 40 }, () => duplexPair());
    const relay = embed(line());
    const near = pairs.map(([end]) => Connection.over(end, line()));
    for (const [, end] of pairs)
      Connection.over(end, line(), { onRead: (_connection, text) => relay.connection.send(text) });
    await sleep(5);
    for (const [i, connection] of near.entries()) connection.send(`${i} ${'x'.repeat(4000)}`);
    const other = embed(line());
    other.connection.send('for the other');
    expect(other.sent().toString()).toBe('for the other\n');
    await vi.waitFor(() => expect(relay.connection.counters.messagesOut).toBe(near.length), patient);
    const relayed = relay.sent().toString().split('\n').filter(Boolean);
    expect(new Set(relayed.map((text) => Number.parseInt(text, 10)))).toEqual(new Set(near.keys()));
  });

  test('sockets with payloads of every size, some of which read slowly', async () => {
    const next = random(5);
    const server = new Server({ codec: lengthPrefixed() }).onRead((connection, message) => connection.send(message));
    await server.listen(local);
    const clients = Array.from({ length: 6 }, async (_, i) => {
      const sent: Buffer[] = [];
      const got: Buffer[] = [];
      const client = new Client({ codec: lengthPrefixed() }).onRead(async (_connection, message) => {
        got.push(message);
        if (i % 2 === 0) await sleep(0);
      });
      const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
      for (let n = 0; n < 400; n++) {
        const message = Buffer.alloc(Math.floor(next() * 2200), 97 + ((i * 31 + n) % 26));
        sent.push(message);
        connection.send(message);
        if (next() < 0.3) await new Promise((resolve) => setImmediate(resolve));
      }
      await vi.waitFor(() => expect(got.length).toBe(sent.length), patient);
      expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
      await client.close();
    });
    await Promise.all(clients);
    await server.close();
  });

  test('a codec that flushes, closes or sends while it encodes is refused, and sends nothing', () => {
    for (const meddle of ['flush', 'close', 'destroy', 'send'] as const) {
      const meddling: CodecFactory<string> = () => ({
        decode: () => undefined,
        encode(text, output) {
          output.u8(1);
          if (text === 'meddle') void (embedded.connection[meddle] as (text: string) => unknown)('x');
        },
      });
      const embedded = embed(meddling);
      expect(() => embedded.connection.send('meddle')).toThrow(EncodeError);
      expect(embedded.sent()).toHaveLength(0);
    }
  });

  test('halves of one character in two messages stay two broken characters', () => {
    const embedded = embed(fixedLength(3, { as: 'string' }));
    embedded.connection.send('\ud83d');
    embedded.connection.send('\udc4b');
    expect(embedded.sent().toString('hex')).toBe('efbfbdefbfbd');
  });
});

describe('closing in good order', () => {
  test('answers what waits in the kernel while a hook takes its time', async () => {
    const server = new Server({ codec: line() }).onRead(async (connection, text) => {
      await sleep(20);
      connection.send(`re ${text}`);
    });
    await server.listen(local);
    const peer = connect({ port: server.port!, host: '127.0.0.1', noDelay: true });
    const answers = received(peer);
    for (let i = 1; i <= 5; i++) {
      peer.write(`${i}\n`);
      await sleep(2);
    }
    expect(await server.close()).toEqual({ drained: 1, destroyed: 0 });
    expect((await answers).toString()).toBe('re 1\nre 2\nre 3\nre 4\nre 5\n');
  });

  test('does not wait for messages that nobody takes, nor for a paused connection that has none', async () => {
    const untaken = new Server({ codec: line() }).onConnect(() => sleep(20));
    const paused = new Server({ codec: line() }).onRead(async (connection) => {
      connection.pause();
      await sleep(20);
    });
    for (const server of [untaken, paused]) {
      await server.listen(local);
      const peer = connect(server.port!, '127.0.0.1');
      peer.write('hello\n');
      const gone = received(peer);
      await vi.waitFor(() => expect(server.connections.size).toBe(1), patient);
      await sleep(5);
      expect(await server.close({ grace: 10_000 })).toEqual({ drained: 1, destroyed: 0 });
      await gone;
    }
  });

  test('a client that closes in its own hook does not wait for itself for ever', async () => {
    const server = new Server({ codec: line() }).onConnect((connection) => connection.send('hello')).onRead(() => {});
    await server.listen(local);
    let result: unknown;
    const client = new Client({ codec: line() });
    client.onRead(async () => {
      result = await client.close({ grace: 50 });
    });
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    await connection.closed;
    await vi.waitFor(() => expect(result).toEqual({ drained: 0, destroyed: 1 }), patient);
    await server.close();
  });

  test('a TLS handshake that never comes is cut off at the deadline', async () => {
    const listener = createTlsServer({});
    const server = new Server({ codec: line() }).serve(listener);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const peer = connect((listener.address() as { port: number }).port, '127.0.0.1');
    const gone = received(peer);
    await new Promise((resolve) => peer.once('connect', resolve));
    await sleep(10);
    await server.close({ grace: 50 });
    await gone;
  });

  test('counts what was destroyed as destroyed', async () => {
    const server = new Server({ codec: line() });
    await server.listen(local);
    const peers = [1, 2, 3].map(() => connect(server.port!, '127.0.0.1'));
    for (const peer of peers) peer.on('error', () => {});
    await vi.waitFor(() => expect(server.connections.size).toBe(3), patient);
    server.destroy();
    expect(await server.closed).toEqual({ drained: 0, destroyed: 3 });
  });
});

describe('a connection that is half dead is let go:', () => {
  test('the peer ended while onConnect was pending, and nobody reads', async () => {
    const reasons: string[] = [];
    const server = new Server({ codec: line() })
      .onConnect(() => sleep(30))
      .onClose((_connection, reason) => void reasons.push(reason));
    await server.listen(local);
    connect(server.port!, '127.0.0.1')
      .on('error', () => {})
      .end();
    await vi.waitFor(() => expect(reasons).toEqual(['peer']), patient);
    await server.close();
  });

  test('connect() does not outlast its connection, nor its signal, nor its client', async () => {
    const sockets: Socket[] = [];
    const listener = createServer((socket) => sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const place = { port: (listener.address() as { port: number }).port, host: '127.0.0.1' };
    const accepted = (count: number): Promise<void> => vi.waitFor(() => expect(sockets).toHaveLength(count), patient);
    const never = () => new Client({ codec: line() }).onConnect(() => new Promise(() => {})).onError(() => {});

    const lost = expect(never().connect(place)).rejects.toMatchObject({ code: 'WIRE_SOCKET' });
    await accepted(1);
    sockets[0]!.resetAndDestroy();
    await lost;

    const controller = new AbortController();
    const aborted = expect(never().connect({ ...place }, { signal: controller.signal })).rejects.toThrow('enough');
    await accepted(2);
    controller.abort(new Error('enough'));
    await aborted;

    const closing = never();
    const closed = expect(closing.connect(place)).rejects.toBeInstanceOf(ClosedError);
    await accepted(3);
    await closing.close({ grace: 50 });
    await closed;
    listener.close();
    for (const socket of sockets) socket.destroy();
  });

  test('a data option that throws costs its connection only', async () => {
    const errors: string[] = [];
    const server = new Server({
      codec: line(),
      data: (): unknown => {
        throw new Error('no data');
      },
    }).onError((_connection, error) => void errors.push(error.message));
    await server.listen(local);
    await received(connect(server.port!, '127.0.0.1'));
    expect(errors).toEqual(['onConnect failed: no data']);
    await server.close();
  });

  test('a thenable that throws, or settles twice, is a promise like any other', async () => {
    const throwing = embed(line(), {
      onConnect: () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- a bad one, on purpose
        then() {
          throw new Error('bad thenable');
        },
      }),
    });
    await throwing.settled();
    expect(throwing.errors).toMatchObject([{ code: 'WIRE_HOOK_FAILED', message: 'onConnect failed: bad thenable' }]);
    const twice = embed(line(), {
      onRead: () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- a bad one, on purpose
        then(settle: () => void) {
          settle();
          settle();
        },
      }),
    });
    twice.feed('a\nb\nc\n');
    for (let i = 0; i < 3; i++) await twice.settled();
    expect(twice.messages).toEqual(['a', 'b', 'c']);
  });
});

describe('waiting for room', () => {
  test('drained() settles, however small the last write was', async () => {
    const embedded = embed(lengthPrefixed());
    embedded.stall();
    embedded.connection.send(Buffer.alloc(10_000));
    embedded.connection.flush();
    embedded.connection.send(Buffer.alloc(10_000));
    const waiting = embedded.connection.drained();
    embedded.unstall();
    embedded.connection.flush();
    await embedded.settled();
    expect(embedded.connection.bufferedBytes).toBe(0);
    await waiting;
  });

  test('onDrain comes when send had returned false, and only then', async () => {
    let drains = 0;
    const embedded = embed(line(), { onDrain: () => void drains++ }, { highWaterMark: 100, lowWaterMark: 50 });
    embedded.stall();
    expect(embedded.connection.send('x'.repeat(60))).toBe(true);
    embedded.connection.flush();
    const waiting = embedded.connection.drained();
    embedded.unstall();
    await waiting;
    expect(drains).toBe(0);
    embedded.stall();
    expect(embedded.connection.send('x'.repeat(160))).toBe(false);
    embedded.connection.flush();
    embedded.unstall();
    await embedded.settled();
    expect(drains).toBe(1);
  });

  test('drained() is given up on an abort, and rejects when the connection closes', async () => {
    const embedded = embed(line());
    embedded.stall().connection.send('x'.repeat(100_000));
    const controller = new AbortController();
    const aborted = embedded.connection.drained({ signal: controller.signal });
    const closed = embedded.connection.drained();
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    embedded.connection.destroy();
    await expect(closed).rejects.toBeInstanceOf(ClosedError);
  });
});

describe('the loop', () => {
  test('lets others have their turn between messages of async hooks, too', async () => {
    const embedded = embed(line(), { onRead: () => Promise.resolve() });
    let seen = -1;
    setImmediate(() => {
      seen = embedded.messages.length;
    });
    embedded.feed('x\n'.repeat(5000));
    await vi.waitFor(() => expect(embedded.messages).toHaveLength(5000), patient);
    expect(seen).toBeGreaterThanOrEqual(0);
    expect(seen).toBeLessThanOrEqual(1024);
  });

  test('offers leftover bytes to a codec that is set outside a hook', async () => {
    const whole: CodecFactory<string> = () => ({
      decode: (input: ByteReader) => input.latin1(input.length),
      encode: () => {},
    });
    const embedded = embed(line() as CodecFactory<string>);
    await embedded.settled();
    embedded.feed('abc');
    embedded.connection.setCodec(whole);
    await embedded.settled();
    expect(embedded.messages).toEqual(['abc']);
  });

  test('forgets what a codec needed once the message is complete', () => {
    const careful: CodecFactory<string> = () => ({
      decode(input) {
        const length = input.u8(0);
        // Also where it is met already: as a check of the limit.
        input.need(1 + length, 1);
        if (input.length < 1 + length) return undefined;
        input.skip(1);
        return input.latin1(length);
      },
      encode: () => {},
    });
    const embedded = embed(careful);
    embedded.feed('\x05abcde').feed('\x01a');
    expect(embedded.messages).toEqual(['abcde', 'a']);
  });

  test('keeps the kind of an error that an async hook passes on', async () => {
    const unsayable: CodecFactory<string> = () => ({
      decode: line()().decode,
      encode() {
        throw new Error('unsayable');
      },
    });
    const lines = line()();
    const codec: CodecFactory<string> = () => ({ decode: (input) => lines.decode(input), encode: unsayable().encode });
    const embedded = embed(codec, {
      async onRead(connection, text) {
        await Promise.resolve();
        connection.send(text);
      },
    });
    embedded.feed('a\n');
    await embedded.settled();
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_ENCODE_FAILED' }]);
    expect(embedded.connection.closeReason).toBe('encode-error');
  });

  test('a frame whose length is told in steps is still copied a bounded number of times', () => {
    const copy = vi.spyOn(Buffer.prototype, 'copy');
    const reader = new Reader();
    const size = 200_000;
    let known = 8;
    const steps = {
      decode(input: ByteReader): Buffer | undefined {
        while (known <= input.length && known < size) known += 8;
        return input.length < size ? input.need(known) : input.take(size);
      },
      encode: (): void => {},
    };
    for (let at = 0; at < size; at += 500) {
      reader.push(Buffer.allocUnsafeSlow(500));
      decodeNext(steps, reader);
    }
    const bytes = copy.mock.results.reduce((sum, { value }) => sum + (value as number), 0);
    copy.mockRestore();
    expect(bytes).toBeLessThan(6 * size);
  });
});

describe('nothing that is thrown escapes:', () => {
  test.each([
    ['an object without text', Object.create(null) as unknown],
    ['an object that a peer has made', JSON.parse('{"toString":1,"valueOf":2}') as unknown],
    ['an error whose message is none', Object.assign(new Error('x'), { message: Object.create(null) as string })],
    ['undefined', undefined],
  ])('%s', async (_name, thrown) => {
    for (const hook of [
      () => {
        throw thrown;
      },
      async () => {
        await Promise.resolve();
        throw thrown;
      },
    ]) {
      const embedded = embed(line(), { onRead: hook });
      embedded.feed('a\n');
      await embedded.settled();
      expect(embedded.errors).toMatchObject([{ code: 'WIRE_HOOK_FAILED', cause: thrown }]);
      expect(embedded.connection.closeReason).toBe('hook-error');
    }
  });

  test('a close by a codec that encodes is refused, and the connection goes on', () => {
    const lines = line()();
    const embedded = embed<string>(() => ({
      decode: (input) => lines.decode(input),
      encode(text, output) {
        if (text === 'close') void embedded.connection.close();
        if (text === 'destroy') embedded.connection.destroy();
        lines.encode(text, output);
      },
    }));
    expect(() => embedded.connection.send('close')).toThrow('must not send, flush or close');
    expect(() => embedded.connection.send('destroy')).toThrow('must not send, flush or close');
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.connection.send('goes on');
    expect(embedded.sent().toString()).toBe('goes on\n');
    void embedded.connection.close();
    expect(embedded.connection.closeReason).toBe('local');
  });
});

describe('a server whose messages nobody takes', () => {
  test('sees the end of a peer that had something to say, when it was time for somebody to take it', async () => {
    const embedded = embed(line(), {}, { record: false, handshakeTimeout: 2000 });
    embedded.feed('never read\n').feed('nor this\n').end();
    await embedded.settled();
    embedded.advance(1900);
    await embedded.settled();
    expect(embedded.closeReasons).toEqual([]);
    embedded.advance(2000);
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['peer']);
  });

  test('can still be read by somebody who comes in time', async () => {
    const embedded = embed(line(), {}, { record: false, handshakeTimeout: 2000 });
    embedded.feed('kept\n');
    await embedded.settled();
    embedded.advance(1500);
    const { value } = await embedded.connection[Symbol.asyncIterator]().next();
    expect(value).toBe('kept');
    embedded.advance(60_000);
    expect(embedded.connection.closeReason).toBeUndefined();
  });
});

describe('Connection.over()', () => {
  test.each<[string, unknown]>([
    ['objects', new PassThrough({ objectMode: true })],
    ['objects that it yields', new PassThrough({ readableObjectMode: true })],
    ['objects that it takes', new PassThrough({ writableObjectMode: true })],
    ['texts', new PassThrough({ encoding: 'utf8' })],
    ['what can only be read', Readable.from(['x'])],
    ['nothing', undefined],
    ['what somebody else reads', new PassThrough().on('readable', () => {})],
  ])('takes no stream of %s', (_, stream) => {
    expect(() => Connection.over(stream as Duplex, line())).toThrow(InvalidOptionError);
  });

  test('sends nothing on a stream that whoever had it before has ended, and reads it', async () => {
    const [near, far] = duplexPair();
    near.end();
    far.write('hello\n');
    const heard: [string, boolean][] = [];
    const connection = Connection.over<string>(near, line(), {
      onRead: (self, text) => heard.push([text, self.send('to nobody')]),
    });
    far.end();
    far.resume();
    expect(await connection.closed).toBe('peer');
    expect(heard).toEqual([['hello', false]]);
  });

  test('reads a stream that whoever had it before has paused', async () => {
    const [near, far] = duplexPair();
    near.pause();
    far.write('hello\n');
    const heard = new Promise((resolve) => {
      Connection.over(near, line(), { onRead: (_connection, text) => resolve(text) });
    });
    expect(await heard).toBe('hello');
    far.destroy();
  });
});
