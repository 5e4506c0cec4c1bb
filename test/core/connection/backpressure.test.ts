import { Buffer } from 'node:buffer';
import { getEventListeners, once } from 'node:events';
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

import { line } from '@wirewright/codec-line';
import {
  Client,
  ClosedError,
  Connection,
  type ConnectionOptions,
  type ConnectionRole,
  Exchange,
  type Hooks,
  Server,
} from '@wirewright/core';
import { lengthPrefixed } from '@wirewright/core/codec';
import { embed, FakeClock } from '@wirewright/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { connectionSettings } from '../../../packages/core/src/connection/options.ts';
import { patient } from '../../support/patience.ts';
import { random } from '../../support/random.ts';
import { same } from '../../support/same.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** What gathers at most before it is handed to the socket. */
const SLAB = 64 * KIB;
const local = { port: 0, host: '127.0.0.1' };

/** A stream that takes one write at a time, when it is told to. */
class Sluice extends Duplex {
  readonly taken: Buffer[] = [];
  #pass: (() => void) | undefined = undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#pass = () => {
      this.taken.push(chunk);
      done();
    };
  }

  /** Lets the write that has waited longest pass; resolves when everybody has been told. */
  async pass(): Promise<void> {
    const pass = this.#pass;
    this.#pass = undefined;
    pass?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  get messages(): string[] {
    return Buffer.concat(this.taken).toString().split('\n').slice(0, -1);
  }
}

/** A connection over a sluice. */
function sluiced(role: ConnectionRole, hooks: Hooks<string>, options: ConnectionOptions = {}) {
  const sluice = new Sluice();
  const connection = new Connection(sluice, connectionSettings('sluiced()', role, line(), hooks, options));
  void connection.open();
  return { connection, sluice };
}

describe('the marks', () => {
  test('tell the sender to wait above the high one, and to go on at the low one', async () => {
    let drains = 0;
    const marks = { highWaterMark: 100, lowWaterMark: 40 };
    const { connection, sluice } = sluiced('connection', { onDrain: () => void drains++ }, marks);
    // Ten bytes each, and each a write of its own.
    const send = (): boolean => {
      const goOn = connection.send('123456789');
      connection.flush();
      return goOn;
    };
    for (let i = 1; i <= 10; i++) expect(send()).toBe(true);
    expect(connection.bufferedBytes).toBe(100);
    expect(send()).toBe(false);
    expect(connection.bufferedBytes).toBe(110);
    let drained = false;
    const waiting = connection.drained().then(() => (drained = true));
    for (let left = 100; left > 40; left -= 10) {
      await sluice.pass();
      expect(connection.bufferedBytes).toBe(left);
      expect([drains, drained]).toEqual([0, false]);
    }
    await sluice.pass();
    expect(connection.bufferedBytes).toBe(40);
    expect([drains, drained]).toEqual([1, true]);
    await waiting;
    expect(await connection.drained()).toBeUndefined();
    for (let left = 30; left >= 0; left -= 10) await sluice.pass();
    expect(drains).toBe(1);
  });

  test('count what was sent in this turn as well', () => {
    const { connection } = sluiced('connection', {}, { highWaterMark: 100 });
    for (let i = 1; i <= 10; i++) expect(connection.send('123456789')).toBe(true);
    expect(connection.send('123456789')).toBe(false);
    expect(connection.bufferedBytes).toBe(110);
  });

  test('may be zero: then everything has to be taken first', async () => {
    let drains = 0;
    const { connection, sluice } = sluiced('server', { onDrain: () => void drains++ }, { highWaterMark: 0 });
    expect(connection.send('a')).toBe(false);
    connection.flush();
    const waiting = connection.drained();
    await sluice.pass();
    await waiting;
    expect(drains).toBe(1);
    expect(connection.bufferedBytes).toBe(0);
  });

  test('stop the reading of a server, and of nobody else, from above the high one down to the low one', async () => {
    const marks = { highWaterMark: 100, lowWaterMark: 40 };
    for (const role of ['server', 'client', 'connection'] as const) {
      const read: string[] = [];
      const hooks: Hooks<string> = { onRead: (_, text) => void read.push(text) };
      const { connection, sluice } = sluiced(role, hooks, marks);
      let at = 0;
      /** Whether what the peer sends now is read. */
      const reads = async (): Promise<boolean> => {
        sluice.push(`${at++}\n`);
        await new Promise((resolve) => setImmediate(resolve));
        return read.length === at;
      };
      const send = (): void => {
        connection.send('123456789');
        connection.flush();
      };
      for (let i = 1; i <= 10; i++) send();
      expect(await reads()).toBe(true);
      send();
      const stops = role === 'server';
      expect(await reads()).toBe(!stops);
      for (let left = 100; left > 40; left -= 10) {
        await sluice.pass();
        expect(connection.bufferedBytes).toBe(left);
        expect(await reads()).toBe(!stops);
      }
      await sluice.pass();
      expect(await reads()).toBe(true);
      expect(read).toEqual(Array.from({ length: at }, (_, i) => `${i}`));
    }
  });

  test('do not stop it for what is yet to be handed to the socket', async () => {
    let most = 0;
    const { connection, sluice } = sluiced(
      'server',
      {
        onRead(one, text) {
          one.send(text);
          most = Math.max(most, one.bufferedBytes);
        },
      },
      { highWaterMark: 10 },
    );
    sluice.push('123456789\n'.repeat(100));
    await new Promise((resolve) => setImmediate(resolve));
    expect(most).toBe(1000);
    expect(connection.counters.messagesIn).toBe(100);
    // All of it left in one write.
    await sluice.pass();
    expect(sluice.messages).toHaveLength(100);
  });

  test('hold and release the reading of a server at random traffic, and lose nothing', async () => {
    const next = random(7);
    for (const role of ['server', 'client', 'connection'] as const) {
      const marks = { highWaterMark: 200, lowWaterMark: 50 };
      let unsent = 0;
      const answers: string[] = [];
      const { connection, sluice } = sluiced(
        role,
        {
          onRead(one, text) {
            const answer = `${text} ${'x'.repeat(answers.length % 60)}`;
            answers.push(answer);
            unsent = Math.max(unsent, sluice.writableLength);
            one.send(answer);
          },
        },
        marks,
      );
      const sent = 2000;
      let at = 0;
      for (let step = 0; answers.length < sent || connection.bufferedBytes > 0; step++) {
        expect(step).toBeLessThan(100_000);
        if (at < sent && next() < 0.4) {
          const lines = Array.from({ length: 1 + Math.floor(next() * 3) }, () => `${at++}\n`);
          sluice.push(lines.join(''));
        }
        if (next() < 0.3) await sluice.pass();
        else await new Promise((resolve) => setImmediate(resolve));
      }
      expect(sluice.messages).toEqual(answers);
      expect(answers.map((answer) => Number.parseInt(answer, 10))).toEqual(Array.from({ length: at }, (_, i) => i));
      if (role === 'server') expect(unsent).toBeLessThanOrEqual(200);
      else expect(unsent).toBeGreaterThan(1000);
    }
  });
});

describe('drained()', () => {
  test('tells everybody who waits', async () => {
    const embedded = embed(line());
    embedded.stall().connection.send('x'.repeat(100_000));
    const waiting = Array.from({ length: 100 }, () => embedded.connection.drained());
    embedded.unstall();
    await Promise.all(waiting);
  });

  test('waits again when more was sent', async () => {
    const embedded = embed(line());
    for (let i = 0; i < 3; i++) {
      embedded.stall();
      expect(embedded.connection.send('x'.repeat(100_000))).toBe(false);
      const waiting = embedded.connection.drained();
      let done = false;
      void waiting.then(() => (done = true));
      await embedded.settled();
      expect(done).toBe(false);
      embedded.unstall();
      await waiting;
    }
  });

  test.each(['close', 'destroy', 'reset', 'stall'] as const)('rejects on %s', async (how) => {
    const embedded = embed(line());
    embedded.stall().connection.send('x'.repeat(100_000));
    const waiting = expect(embedded.connection.drained()).rejects.toBeInstanceOf(ClosedError);
    const { signal } = new AbortController();
    const signalled = expect(embedded.connection.drained({ signal })).rejects.toBeInstanceOf(ClosedError);
    if (how === 'close') void embedded.connection.close();
    if (how === 'destroy') embedded.connection.destroy();
    if (how === 'reset') embedded.reset();
    await embedded.settled();
    embedded.advance(how === 'stall' ? 34_000 : 6000);
    await waiting;
    await signalled;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await expect(embedded.connection.drained()).rejects.toBeInstanceOf(ClosedError);
  });

  test('is given up on an abort, and leaves no listener whatever becomes of it', async () => {
    const embedded = embed(line());
    const { connection } = embedded;
    const reason = new Error('enough');
    await expect(connection.drained({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const { signal } = controller;
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    await connection.drained({ signal });
    expect(listeners()).toBe(0);

    for (let i = 0; i < 50; i++) {
      embedded.stall().connection.send('x'.repeat(100_000));
      const waiting = connection.drained({ signal });
      await Promise.resolve();
      expect(listeners()).toBe(1);
      embedded.unstall();
      await waiting;
      await embedded.settled();
      expect(listeners()).toBe(0);
    }

    embedded.stall().connection.send('x'.repeat(100_000));
    const aborted = [connection.drained({ signal }), connection.drained({ signal })];
    const remaining = connection.drained();
    await Promise.resolve();
    controller.abort(reason);
    for (const waiting of aborted) await expect(waiting).rejects.toBe(reason);
    expect(listeners()).toBe(0);
    embedded.unstall();
    await remaining;
  });
});

describe('over real sockets', () => {
  /** Listens, and resolves with the port; closed at the end of the test. */
  async function listen(listener: NetServer): Promise<number> {
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void listener.close());
    return (listener.address() as { port: number }).port;
  }

  /** The next chunk; the socket is paused before and after. */
  async function chunk(socket: Socket): Promise<number> {
    const data = once(socket, 'data') as Promise<[Buffer]>;
    socket.resume();
    const [bytes] = await data;
    socket.pause();
    return bytes.length;
  }

  test('a peer that sends requests and never reads makes a server neither read nor grow', async () => {
    const highWaterMark = 32 * KIB;
    const answer = 'x'.repeat(KIB - 1);
    const requests = 60_000;
    let peak = 0;
    let accepted: Connection<string> | undefined;
    const server = new Server({ codec: line(), highWaterMark, lowWaterMark: KIB })
      .onConnect((connection) => void (accepted = connection))
      .onRead((connection, text) => {
        same(text, 'get');
        connection.send(answer);
        peak = Math.max(peak, connection.bufferedBytes);
      });
    await server.listen(local);
    const peer = connect({ port: server.port!, host: '127.0.0.1' });
    peer.pause();
    await once(peer, 'connect');
    await vi.waitFor(() => expect(accepted).toBeDefined(), patient);
    const connection = accepted!;
    const before = process.memoryUsage();
    for (let sent = 0; sent < requests; sent += 1000) {
      if (!peer.write('get\n'.repeat(1000))) await once(peer, 'drain');
    }

    // It has come to rest: for many turns in a row nothing was read.
    let handled = -1;
    for (let quiet = 0; quiet < 20; await sleep(10)) {
      quiet = connection.counters.messagesIn === handled && connection.bufferedBytes > 0 ? quiet + 1 : 0;
      handled = connection.counters.messagesIn;
    }
    const { bytesIn, bytesOut } = connection.counters;
    expect(connection.bufferedBytes).toBeGreaterThan(KIB);
    expect(peak).toBeLessThanOrEqual(highWaterMark + SLAB + KIB);
    // What it has not answered it has not read, but for the chunk in hand and one more.
    expect(bytesOut).toBe(handled * KIB);
    expect(bytesIn - handled * 4).toBeLessThanOrEqual(2 * 64 * KIB);
    const after = process.memoryUsage();
    // Of the 60 MB that the answers are. Some garbage of before may be among it.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16 * MIB);
    expect(handled).toBeLessThan(requests);

    // Once the peer reads, it gets every answer.
    let received = 0;
    peer.on('data', (bytes) => (received += bytes.length));
    peer.resume();
    await vi.waitFor(() => expect(received).toBe(requests * KIB), { timeout: 50_000 });
    expect(connection.counters.messagesIn).toBe(requests);
    expect(peak).toBeLessThanOrEqual(highWaterMark + SLAB + KIB);
    peer.destroy();
    await server.close();
  });

  test('both ends ours, 64 messages of 1 MiB are echoed in one go, with about one of them in each buffer', async () => {
    const codec = lengthPrefixed({ maxFrameLength: 2 * MIB });
    const peaks = { server: 0, client: 0 };
    const server = new Server({ codec }).onRead((connection, message) => {
      connection.send(message);
      peaks.server = Math.max(peaks.server, connection.bufferedBytes);
    });
    await server.listen(local);
    const client = new Client({ codec });
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    const exchange = new Exchange(connection);
    const send = connection.send.bind(connection);
    connection.send = (message) => {
      const goOn = send(message);
      peaks.client = Math.max(peaks.client, connection.bufferedBytes);
      return goOn;
    };
    const messages = Array.from({ length: 64 }, (_, i) => Buffer.alloc(MIB, i + 1));
    const replies = await Promise.all(messages.map((message) => exchange.request(message, (frame) => frame)));
    expect(replies.every((reply, i) => reply.equals(messages[i]!))).toBe(true);
    // An exchange sends, and a server reads, only with no more than the high-water mark unsent; what is sent then is one message, and
    // what gathers before it leaves.
    const bound = 64 * KIB + SLAB + MIB + 4;
    expect(peaks.client).toBeLessThanOrEqual(bound);
    expect(peaks.server).toBeLessThanOrEqual(bound);
    await client.close();
    await server.close();
  });

  test('who heeds send() and drained() can send any amount to a slow reader', async () => {
    const marks = { highWaterMark: 64 * KIB, lowWaterMark: 16 * KIB };
    const listener = createServer();
    const port = await listen(listener);
    const peer = connect(port, '127.0.0.1');
    const [socket] = (await once(listener, 'connection')) as [Socket];
    const connection = Connection.over(socket, lengthPrefixed(), {}, marks);
    let waits = 0;
    let peak = 0;
    const total = 300;
    const sending = (async () => {
      for (let i = 0; i < total; i++) {
        const goOn = connection.send(Buffer.alloc(100 * KIB, i));
        peak = Math.max(peak, connection.bufferedBytes);
        if (goOn) continue;
        waits++;
        await connection.drained();
        expect(connection.bufferedBytes).toBeLessThanOrEqual(16 * KIB);
      }
    })();
    peer.pause();
    for (let received = 0; received < total * (100 * KIB + 4);) received += await chunk(peer);
    await sending;
    expect(waits).toBeGreaterThan(0);
    expect(peak).toBeLessThanOrEqual(64 * KIB + 100 * KIB + 4);
    peer.destroy();
    await connection.closed;
  });

  /** Encryption without certificates. */
  const PSK = { ciphers: 'PSK', maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined } as const;
  const key = Buffer.alloc(32, 7);

  /** A socket that was accepted, and its peer. */
  async function pair(encrypted: boolean): Promise<[Socket, Socket]> {
    if (!encrypted) {
      const listener = createServer();
      const peer = connect(await listen(listener), '127.0.0.1');
      return [((await once(listener, 'connection')) as [Socket])[0], peer];
    }
    const listener = createTlsServer({ ...PSK, pskCallback: () => key });
    const port = await listen(listener);
    const psk = { ...PSK, pskCallback: () => ({ psk: key, identity: 'me' }) };
    const peer = connectTls({ port, host: '127.0.0.1', ...psk });
    return [((await once(listener, 'secureConnection')) as [Socket])[0], peer];
  }

  /** What the kernel has not taken of a write in progress: there is no public way to it. */
  function queued(socket: Socket, encrypted: boolean): number {
    type Handle = { writeQueueSize: number; _parent: { writeQueueSize: number } };
    const { _handle: handle } = socket as unknown as { _handle: Handle };
    const { _parent: parent } = handle;
    return (encrypted ? parent : handle).writeQueueSize;
  }

  test.each([
    ['in the clear', false],
    ['encrypted', true],
  ])('a slow reader of one large write has not stalled, one that has stopped has: %s', async (_, encrypted) => {
    const [socket, peer] = await pair(encrypted);
    peer.on('error', () => {}).pause();
    const clock = new FakeClock();
    const codec = lengthPrefixed({ maxFrameLength: 64 * MIB });
    const connection = Connection.over(socket, codec, {}, { clock, idleTimeout: 40_000 });
    connection.send(Buffer.alloc(48 * MIB));
    connection.flush();
    const whole = connection.bufferedBytes;
    expect(whole).toBeGreaterThan(48 * MIB);
    for (let round = 0; round < 6; round++) {
      clock.advance(20_000);
      const before = queued(socket, encrypted);
      for (let reads = 0; queued(socket, encrypted) === before; reads++) {
        expect(reads).toBeLessThan(2000);
        await chunk(peer);
      }
    }
    clock.advance(20_000);
    expect(connection.closeReason).toBeUndefined();
    // It was one write, and still is.
    expect(connection.bufferedBytes).toBe(whole);
    expect(queued(socket, encrypted)).toBeGreaterThan(0);
    clock.advance(20_000);
    expect(connection.closeReason).toBe('write-stall');
    expect(connection.error).toMatchObject({ code: 'WIRE_WRITE_STALL' });
    expect(await connection.closed).toBe('write-stall');
    expect(clock.pending).toBe(0);
    peer.destroy();
  });

  test('what is paused stays in the kernel, too, and the peer is slowed down', async () => {
    const total = 40 * MIB;
    let received = 0;
    let sum = 0;
    const accepted: Connection<Buffer>[] = [];
    const server = new Server({ codec: lengthPrefixed() })
      .onConnect((connection) => {
        accepted.push(connection);
        connection.pause();
      })
      .onRead((_connection, message) => {
        received += message.length;
        sum = (sum * 31 + message[0]!) % 1_000_003;
      });
    await server.listen(local);
    const client = new Client({ codec: lengthPrefixed(), maxBufferedBytes: 64 * MIB });
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    let expected = 0;
    for (let i = 0; i * 64 * KIB < total; i++) {
      connection.send(Buffer.alloc(64 * KIB, i % 251));
      expected = (expected * 31 + (i % 251)) % 1_000_003;
    }
    connection.flush();
    let bytesIn = -1;
    for (let quiet = 0; quiet < 10; await sleep(10)) {
      quiet = accepted[0]?.counters.bytesIn === bytesIn ? quiet + 1 : 0;
      bytesIn = accepted[0]?.counters.bytesIn ?? -1;
    }
    expect(received).toBe(0);
    expect(bytesIn).toBeLessThanOrEqual(2 * 64 * KIB);
    accepted[0]!.resume();
    await vi.waitFor(() => expect(received).toBe(total), { timeout: 50_000 });
    expect(sum).toBe(expected);
    expect(connection.bufferedBytes).toBe(0);
    await client.close();
    await server.close();
  });
});
