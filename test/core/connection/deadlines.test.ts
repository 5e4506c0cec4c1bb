import { Buffer } from 'node:buffer';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Connection, Exchange, Server } from '@wirewright/core';
import { type CodecFactory, lengthPrefixed } from '@wirewright/core/codec';
import { embed, FakeClock } from '@wirewright/core/testing';
import { describe, expect, test, vi } from 'vitest';

import { duplexPair } from '../../support/duplex-pair.ts';
import { patient } from '../../support/patience.ts';
import { received } from '../../support/received.ts';
import { DAY, HOUR, OFF, slack } from './deadline-times.ts';

const never = (): Promise<never> => new Promise(() => {});

describe('idle', () => {
  test('closes in good order, without an error', async () => {
    const embedded = embed(line(), {}, { idleTimeout: 1000 });
    embedded.connection.send('hello');
    embedded.advance(1000 + slack(1000) + slack(1000));
    expect(embedded.connection.closeReason).toBe('idle');
    expect(embedded.connection.error).toBeUndefined();
    expect(embedded.sent().toString()).toBe('hello\n');
    expect(embedded.ended).toBe(true);
    expect(embedded.destroyed).toBe(false);
    embedded.end();
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['idle']);
    expect(embedded.errors).toEqual([]);
    expect(embedded.clock.pending).toBe(0);
  });

  test('is counted from the end of a hook, whichever it is and however short', async () => {
    // Looked at every 1000 ms: what ends between two looks has to count.
    for (const duration of [400, 900, 1700, 2500, 100_000]) {
      for (const hook of ['onConnect', 'onRead', 'onDrain'] as const) {
        let settle!: () => void;
        const work = (): Promise<void> => new Promise((resolve) => (settle = resolve));
        const embedded = embed(
          line(),
          { [hook]: work },
          { idleTimeout: 16_000, highWaterMark: 1, ...OFF, frameTimeout: hook === 'onRead' ? 30_000 : false },
        );
        embedded.advance(hook === 'onConnect' ? 0 : 300);
        if (hook === 'onRead') embedded.feed('a\n');
        if (hook === 'onDrain') {
          embedded.stall().connection.send('a line');
          embedded.connection.flush();
          embedded.unstall();
        }
        embedded.advance(duration);
        expect(embedded.connection.closeReason).toBeUndefined();
        settle();
        await embedded.settled();
        embedded.advance(15_999);
        expect(embedded.connection.closeReason, `${hook} took ${duration}`).toBeUndefined();
        embedded.advance(1 + slack(16_000));
        expect(embedded.connection.closeReason).toBe('idle');
        embedded.connection.destroy();
      }
    }
  });

  test('is not who waits for an answer, or handles a message of an iterator', async () => {
    const options = { idleTimeout: 1000, role: 'client', record: false } as const;
    const asking = embed(line(), {}, options);
    const exchange = new Exchange(asking.connection, { timeout: false });
    const reply = exchange.request('question', (text) => text);
    asking.advance(HOUR);
    expect(asking.connection.closeReason).toBeUndefined();
    asking.feed('answer\n');
    expect(await reply).toBe('answer');
    asking.advance(999);
    expect(asking.connection.closeReason).toBeUndefined();
    asking.advance(1 + slack(1000));
    expect(asking.connection.closeReason).toBe('idle');

    const iterating = embed(line(), {}, { ...options, role: 'server' });
    let proceed!: () => void;
    const loop = (async () => {
      for await (const text of iterating.connection) {
        expect(text).toBe('work');
        await new Promise<void>((resolve) => (proceed = resolve));
      }
    })();
    iterating.feed('work\n');
    await iterating.settled();
    iterating.advance(HOUR);
    expect(iterating.connection.closeReason).toBeUndefined();
    proceed();
    await iterating.settled();
    iterating.advance(1000 + slack(1000));
    expect(iterating.connection.closeReason).toBe('idle');
    await loop;
  });

  test('is not who takes what is sent, if slowly, but who has bytes that nobody takes', () => {
    const embedded = embed(line(), {}, { idleTimeout: 1000, stallTimeout: false });
    for (let i = 0; i < 20; i++) {
      embedded.connection.send('tick');
      embedded.connection.flush();
      embedded.advance(900);
    }
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.stall();
    for (let i = 0; i < 3; i++) {
      embedded.connection.send('tick');
      embedded.connection.flush();
      embedded.advance(500);
    }
    expect(embedded.connection.closeReason).toBe('idle');
  });
});

describe('a frame', () => {
  test('is not given more time by its bytes, whatever the codec', () => {
    for (const [codec, bytes] of [
      [line(), Buffer.alloc(1000, 'x')],
      [lengthPrefixed(), Buffer.concat([Buffer.from('\0\0\x80\0', 'latin1'), Buffer.alloc(1000)])],
      // Twice as long as allowed by now: what is dropped drips, too.
      [line({ maxLength: 20, onTooLong: 'discard' }), Buffer.alloc(1000, 'x')],
    ] as const) {
      const embedded = embed(codec as CodecFactory<unknown, never>);
      for (let at = 0; at < 300; at++) {
        embedded.feed(bytes.subarray(at, at + 1)).advance(100);
        if (at === 298) expect(embedded.connection.closeReason).toBeUndefined();
      }
      embedded.advance(slack(30_000));
      expect(embedded.connection.closeReason).toBe('frame-timeout');
      expect(embedded.messages).toEqual([]);
    }
  });

  test('has its time for itself: what came before does not count', () => {
    const embedded = embed(line(), {}, { frameTimeout: 1000 });
    for (let i = 0; i < 50; i++) {
      // Each look finds half a line.
      embedded.feed('half').advance(450).feed(' a line\nand half').advance(450).feed(' another\n');
    }
    expect(embedded.messages).toHaveLength(100);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.feed('half').advance(999);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.advance(1 + slack(1000));
    expect(embedded.connection.closeReason).toBe('frame-timeout');
    expect(embedded.connection.error?.message).toContain('1000 ms');
  });

  test('has its time from when this side reads again, however short the pause was', () => {
    // It is looked at every 1024 ms, and never paused then.
    const embedded = embed(line(), {}, { frameTimeout: 16_384 });
    const { connection } = embedded;
    embedded.feed('half');
    for (let look = 0; look < 60; look++) {
      embedded.advance(32);
      connection.pause();
      embedded.advance(960);
      connection.resume();
      embedded.advance(32);
    }
    connection.pause();
    embedded.advance(DAY);
    expect(connection.closeReason).toBeUndefined();
    connection.resume();
    embedded.advance(16_383);
    expect(connection.closeReason).toBeUndefined();
    embedded.advance(1 + slack(16_384));
    expect(connection.closeReason).toBe('frame-timeout');
  });

  test('has its time from when a hook has settled, or the peer has read', async () => {
    let settle!: () => void;
    const working = embed(line(), { onRead: () => new Promise<void>((resolve) => (settle = resolve)) });
    working.feed('work\nhalf a li').advance(DAY);
    expect(working.connection.closeReason).toBeUndefined();
    settle();
    await working.settled();
    working.advance(29_999);
    expect(working.connection.closeReason).toBeUndefined();
    working.advance(1 + slack(30_000));
    expect(working.connection.closeReason).toBe('frame-timeout');

    const pressed = embed(line(), {}, { highWaterMark: 10, stallTimeout: false });
    pressed.feed('half a li').stall().connection.send('more than ten bytes');
    pressed.connection.flush();
    pressed.advance(DAY);
    expect(pressed.connection.closeReason).toBeUndefined();
    pressed.unstall().advance(29_999);
    expect(pressed.connection.closeReason).toBeUndefined();
    pressed.advance(1 + slack(30_000));
    expect(pressed.connection.closeReason).toBe('frame-timeout');
  });

  test('that does not come in time is told, and the answer still leaves', async () => {
    const embedded = embed(line(), { onError: (connection, error) => connection.send(error.code) });
    embedded.feed('half').advance(30_000 + slack(30_000));
    expect(embedded.sent().toString()).toBe('WIRE_FRAME_TIMEOUT\n');
    expect(embedded.ended).toBe(true);
    embedded.feed(' a line\n').end();
    await embedded.settled();
    expect(embedded.messages).toEqual([]);
    expect(embedded.closeReasons).toEqual(['frame-timeout']);
  });

  test('that drips in over a real socket is cut off', async () => {
    const reasons: string[] = [];
    const server = new Server({ codec: line(), frameTimeout: 300 })
      .onRead(() => {})
      .onClose((_, reason) => void reasons.push(reason));
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = connect({ port: server.port!, host: '127.0.0.1', noDelay: true });
    const closed = received(peer);
    const drip = setInterval(() => peer.writable && peer.write('x'), 10);
    await closed;
    clearInterval(drip);
    await vi.waitFor(() => expect(reasons).toEqual(['frame-timeout']), patient);
    await server.close();
  });
});

describe('the handshake', () => {
  test('may take its time, to the millisecond or so', async () => {
    for (const handshakeTimeout of [1, 10, 100, 10_000, DAY]) {
      for (const options of [OFF, {}]) {
        let settle!: () => void;
        const onConnect = (): Promise<void> => new Promise((resolve) => (settle = resolve));
        const late = embed(line(), { onConnect }, { ...options, handshakeTimeout });
        late.advance(handshakeTimeout - 1);
        expect(late.connection.closeReason).toBeUndefined();
        late.advance(1 + slack(handshakeTimeout));
        expect(late.connection.closeReason).toBe('handshake-timeout');
        settle();
        await late.settled();
        expect(late.errors).toHaveLength(1);

        const ready = embed(line(), { onConnect }, { ...options, handshakeTimeout });
        ready.advance(handshakeTimeout - 1);
        settle();
        await ready.settled();
        ready.advance(10 * handshakeTimeout);
        expect(ready.connection.closeReason).toBeUndefined();
      }
    }
  });

  test('does not stand in the way of a close', async () => {
    const embedded = embed(
      line(),
      {
        onConnect(connection) {
          void connection.close();
          return never();
        },
      },
      { ...OFF, handshakeTimeout: 10_000, closeTimeout: 1000 },
    );
    embedded.advance(999);
    expect(embedded.destroyed).toBe(false);
    embedded.advance(1 + slack(1000));
    expect(embedded.destroyed).toBe(true);
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['local']);
    expect(embedded.clock.pending).toBe(0);
  });
});

describe('closing', () => {
  test('ends all other deadlines', async () => {
    const embedded = embed(
      line(),
      { onError: () => {} },
      { idleTimeout: 10, frameTimeout: 10, stallTimeout: 10, heartbeat: { interval: 10, ping: () => {} } },
    );
    embedded.feed('half').stall().connection.send('unsent');
    void embedded.connection.close();
    embedded.advance(4999);
    expect(embedded.destroyed).toBe(false);
    expect(embedded.connection.closeReason).toBe('local');
    embedded.advance(1 + slack(5000));
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['local']);
    expect(embedded.errors).toEqual([]);
    expect(embedded.clock.pending).toBe(0);
  });

  test('leaves no timer behind, however it came about', async () => {
    const ends = {
      destroy: (embedded) => embedded.connection.destroy(),
      reset: (embedded) => void embedded.reset(),
      peer: (embedded) => void embedded.end(),
      close: (embedded) => void embedded.end().connection.close(),
      drain: (embedded) => void embedded.end().connection.close({ drain: true }),
    } satisfies Record<string, (embedded: ReturnType<typeof embed>) => void>;
    for (const end of Object.values(ends)) {
      const options = { idleTimeout: 100, heartbeat: { interval: 100, ping: () => {} } };
      const embedded = embed<unknown>(line() as never, {}, options);
      embedded.advance(5);
      expect(embedded.clock.pending).toBe(1);
      end(embedded);
      for (let turn = 0; turn < 4; turn++) await embedded.settled();
      expect(embedded.closeReasons).toHaveLength(1);
      expect(embedded.clock.pending).toBe(0);
    }
  });
});

test('one object of deadlines serves for the whole life of a connection', () => {
  const clock = new FakeClock();
  const pairs = Array.from({ length: 500 }, () => duplexPair());
  const connections = pairs.map(([end]) => Connection.over(end, line(), {}, { clock, idleTimeout: 60_000 }));
  expect(clock.pending).toBe(1);
  const timers = vi.spyOn(clock, 'after');
  clock.advance(59_000);
  expect(connections.every(({ closeReason }) => closeReason === undefined)).toBe(true);
  // Every 1875 ms or a little later, all of them at once.
  expect(timers.mock.calls.length).toBeLessThanOrEqual(33);
  clock.advance(1000 + slack(60_000));
  expect(connections.every(({ closeReason }) => closeReason === 'idle')).toBe(true);
  for (const connection of connections) connection.destroy();
});
