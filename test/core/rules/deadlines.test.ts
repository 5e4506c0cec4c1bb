import { Buffer } from 'node:buffer';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { type Clock, Connection, type ConnectionOptions, Exchange, Server, systemClock } from '@wirewright/core';
import { lengthPrefixed } from '@wirewright/core/codec';
import { embed, type EmbeddedConnection, FakeClock } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { duplexPair } from '../../support/duplex-pair.ts';
import { random } from '../../support/random.ts';
import { received } from '../../support/received.ts';

const DAY = 86_400_000;

/** How late a deadline of `ms` may be. */
const slack = (ms: number): number => Math.max(10, ms / 8);

describe('10. Deadlines', () => {
  test('An idle connection closes; one that works or is worked for does not.', async () => {
    // Not by default.
    const patient = embed(line());
    patient.advance(DAY);
    expect(patient.connection.closeReason).toBeUndefined();

    let settle!: () => void;
    const embedded = embed(
      line(),
      { onRead: (_, text) => (text === 'work' ? new Promise<void>((resolve) => (settle = resolve)) : undefined) },
      { idleTimeout: 60_000 },
    );
    const { connection } = embedded;
    for (let i = 0; i < 10; i++) {
      // What comes in, and what goes out.
      embedded.feed('news\n').advance(59_999);
      connection.send('news');
      connection.flush();
      embedded.advance(59_999);
    }
    embedded.feed('work\n').advance(DAY);
    expect(connection.closeReason).toBeUndefined();
    settle();
    await embedded.settled();
    embedded.advance(59_999);
    expect(connection.closeReason).toBeUndefined();
    embedded.advance(1 + slack(60_000));
    expect(connection.closeReason).toBe('idle');
    // In good order, and through no fault of anybody.
    expect(embedded.ended).toBe(true);
    embedded.end();
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['idle']);
    expect(embedded.errors).toEqual([]);
  });

  test('A frame has to be complete in time, however steadily its bytes drip.', async () => {
    const codecs = [
      line(),
      lengthPrefixed({ as: 'string' }),
      // An over-long line that is dropped as it drips in, with a byte kept that may begin its end, and without.
      line({ maxLength: 16, onTooLong: 'discard' }),
      line({ maxLength: 16, onTooLong: 'discard', strict: true }),
    ];
    for (const codec of codecs) {
      const embedded = embed(codec);
      embedded.feed(Buffer.from('\0\0\x10\0', 'latin1'));
      for (let second = 1; second < 30; second++) embedded.advance(1000).feed('x');
      embedded.advance(999).feed('x');
      expect(embedded.connection.closeReason).toBeUndefined();
      embedded.advance(1 + slack(30_000));
      expect(embedded.connection.closeReason).toBe('frame-timeout');
      expect(embedded.errors).toMatchObject([{ code: 'WIRE_FRAME_TIMEOUT' }]);
    }

    // Frame after frame that drips, each in time, is no fault.
    const steady = embed(line());
    for (let second = 0; second < 600; second++) steady.feed(second % 20 === 19 ? '\n' : 'x').advance(1000);
    expect(steady.connection.closeReason).toBeUndefined();
    expect(steady.messages).toHaveLength(30);

    // Nor is what this side does not read.
    const paused = embed(line()).feed('half a li');
    paused.advance(20_000);
    paused.connection.pause();
    paused.advance(DAY);
    paused.connection.resume();
    paused.advance(29_999).feed('ne\n');
    expect(paused.messages).toEqual(['half a line']);
    paused.advance(DAY);
    expect(paused.connection.closeReason).toBeUndefined();

    // Over a real socket.
    const server = new Server({ codec: line(), frameTimeout: 100 }).onRead(() => {});
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = connect({ port: server.port!, host: '127.0.0.1', noDelay: true });
    const closed = received(peer);
    const drip = setInterval(() => peer.writable && peer.write('x'), 5);
    await closed;
    clearInterval(drip);
    await server.close();
  });

  test('A deadline is kept within an eighth, and never early.', () => {
    const next = random(10);
    const off = { frameTimeout: false, stallTimeout: false, handshakeTimeout: false } as const;
    type Embedded = EmbeddedConnection<string, string | Uint8Array>;
    const make = (options: ConnectionOptions, hooks = {}): Embedded => embed(line(), hooks, { ...off, ...options });
    const pending = { onConnect: () => new Promise(() => {}) };
    /** Of each deadline, the connection, what it begins with, and whether it has passed. */
    const kinds: [string, (ms: number) => Embedded, (one: Embedded) => void, (one: Embedded) => boolean][] = [
      ['idle', (ms) => make({ idleTimeout: ms }), (one) => one.feed('x\n'), ({ ended }) => ended],
      ['frame', (ms) => make({ frameTimeout: ms }), (one) => one.feed('x'), ({ errors }) => errors.length > 0],
      [
        'stall',
        (ms) => make({ stallTimeout: ms }),
        (one) => {
          one.stall().connection.send('x');
          one.connection.flush();
        },
        ({ errors }) => errors.length > 0,
      ],
      ['close', (ms) => make({ closeTimeout: ms }), (one) => void one.connection.close(), ({ destroyed }) => destroyed],
      ['handshake', (ms) => make({ handshakeTimeout: ms }, pending), () => {}, ({ errors }) => errors.length > 0],
      [
        'heartbeat',
        (ms) => make({ heartbeat: { interval: ms, misses: 1, ping: (connection) => connection.send('ping') } }),
        (one) => one.feed('x\n'),
        (one) => one.connection.counters.messagesOut > 0,
      ],
    ];
    for (const ms of [1, 2, 7, 10, 79, 80, 81, 100, 128, 129, 1000, 5000, 30_000, 60_000, 3_600_000, DAY]) {
      for (const [name, open, begin, hasPassed] of kinds) {
        for (let run = 0; run < 10; run++) {
          const embedded = open(ms);
          // It begins at any time between two looks; a handshake with the connection.
          if (name !== 'handshake') embedded.advance(next() * Math.min(0.9 * ms, 10_000));
          begin(embedded);
          // Between two milliseconds one of them is rounded.
          embedded.advance(ms - 1);
          expect(hasPassed(embedded), `${name} of ${ms} ms is early`).toBe(false);
          embedded.advance(2 + slack(ms));
          expect(hasPassed(embedded), `${name} of ${ms} ms is late`).toBe(true);
        }
      }
    }
  });

  test('All deadlines of a clock share one timer that keeps no process alive.', async () => {
    const deadlines = { idleTimeout: 60_000, heartbeat: { ping: () => {} } };
    const open = (clock: Clock): Connection<string>[] =>
      Array.from({ length: 1000 }, () => Connection.over(duplexPair()[0], line(), {}, { clock, ...deadlines }));
    const clock = new FakeClock();
    const connections = open(clock);
    expect(clock.pending).toBe(1);
    const exchanges = connections.slice(0, 10).map((connection) => new Exchange(connection));
    const requests = exchanges.map((exchange, i) => exchange.request('x', (text) => text, { timeout: 100 + 7 * i }));
    const settled = Promise.allSettled(requests);
    void connections.at(-1)!.close();
    expect(clock.pending).toBe(1);
    for (let i = 0; i < 100; i++) {
      clock.advance(100);
      expect(clock.pending).toBe(1);
    }
    expect((await settled).map(({ status }) => status)).toEqual(requests.map(() => 'rejected'));
    for (const connection of connections) connection.destroy();
    await Promise.all(connections.map(({ closed }) => closed));
    expect(clock.pending).toBe(0);

    // That of the machine: Node lists the timers that keep the process alive, and this one is not among them.
    const alive = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = alive();
    let timers = 0;
    const counting: Clock = {
      now: () => systemClock.now(),
      after(delay, callback) {
        timers++;
        const cancel = systemClock.after(delay, () => {
          timers--;
          callback();
        });
        return () => {
          timers--;
          cancel();
        };
      },
    };
    const real = open(counting);
    expect(timers).toBe(1);
    expect(alive()).toBe(before);
    const timer = setTimeout(() => {}, DAY);
    expect(alive()).toBe(before + 1);
    clearTimeout(timer);
    for (const connection of real) connection.destroy();
    await Promise.all(real.map(({ closed }) => closed));
    expect(timers).toBe(0);
  });

  test('A silent peer is pinged, and given up after the misses.', async () => {
    const pings: number[] = [];
    const embedded = embed(
      line(),
      {},
      {
        frameTimeout: false,
        heartbeat: {
          interval: 10_000,
          misses: 2,
          ping: (connection) => {
            pings.push(embedded.clock.now());
            connection.send('ping');
          },
        },
      },
    );
    for (let i = 0; i < 10; i++) embedded.feed('news\n').advance(9999);
    expect(pings).toEqual([]);
    // Any byte is an answer: the peer is there.
    for (let i = 1; i <= 5; i++) {
      embedded.feed('.').advance(10_000 + slack(10_000));
      expect(pings).toHaveLength(i);
    }
    embedded.feed('\n');
    const silent = embedded.clock.now();
    pings.length = 0;
    embedded.advance(29_999);
    expect(embedded.connection.closeReason).toBeUndefined();
    expect(embedded.sent().toString()).toBe('ping\n'.repeat(7));
    expect(pings).toHaveLength(2);
    for (const [i, at] of pings.entries()) {
      expect(at - silent).toBeGreaterThanOrEqual(10_000 * (i + 1));
      expect(at - silent).toBeLessThanOrEqual(10_000 * (i + 1) + slack(10_000));
    }
    embedded.advance(1 + slack(10_000));
    expect(embedded.connection.closeReason).toBe('heartbeat');
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HEARTBEAT' }]);
    expect(embedded.destroyed).toBe(true);
    embedded.advance(DAY);
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['heartbeat']);
    expect(pings).toHaveLength(2);
  });
});
