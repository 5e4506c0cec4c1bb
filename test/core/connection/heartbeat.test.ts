import { line } from '@wirewright/codec-line';
import { Client, Connection, type ConnectionOptions, Exchange, Server } from '@wirewright/core';
import type { FrameBody } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { DAY, HOUR, slack } from './deadline-times.ts';

describe('the heartbeat', () => {
  /** A connection and the times of its pings. */
  function beating(
    options: ConnectionOptions & { role?: 'client' } = {},
    ping: (connection: Connection<string>) => unknown = (connection) => connection.send('ping'),
  ) {
    const pings: number[] = [];
    const note = (connection: Connection<string>): unknown => {
      pings.push(embedded.clock.now());
      return ping(connection);
    };
    const heartbeat = { interval: 1000, misses: 3, ping: note };
    const embedded = embed(line(), { onRead: () => {} }, { heartbeat, ...options });
    return { embedded, pings };
  }

  test('comes after silence, again while it lasts, and then no more', async () => {
    const { embedded, pings } = beating();
    embedded.advance(3999);
    expect(pings).toHaveLength(3);
    for (const [i, at] of pings.entries()) {
      expect(at).toBeGreaterThanOrEqual(1000 * (i + 1));
      expect(at).toBeLessThanOrEqual(1000 * (i + 1) + slack(1000));
    }
    expect(embedded.connection.closeReason).toBeUndefined();
    expect(embedded.sent().toString()).toBe('ping\nping\nping\n');
    embedded.advance(1 + slack(1000));
    expect(embedded.connection.closeReason).toBe('heartbeat');
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HEARTBEAT' }]);
    expect(embedded.errors[0]!.message).toMatch(/silent for 4\d\d\d ms and did not answer 3 pings/);
    // Nobody is there to end in good order with.
    expect(embedded.destroyed).toBe(true);
    embedded.advance(DAY);
    await embedded.settled();
    expect(pings).toHaveLength(3);
    expect(embedded.closeReasons).toEqual(['heartbeat']);
  });

  test('takes any byte for an answer', () => {
    const { embedded, pings } = beating({ frameTimeout: false });
    for (let i = 1; i <= 20; i++) {
      embedded.advance(3800);
      // The line never ends.
      embedded.feed('x');
      expect(pings).toHaveLength(3 * i);
    }
    expect(embedded.messages).toEqual([]);
    embedded.advance(999);
    expect(pings).toHaveLength(60);
    embedded.advance(3001 + slack(1000) * 2);
    expect(embedded.connection.closeReason).toBe('heartbeat');
  });

  test('does not come while there is something to hear', () => {
    const { embedded, pings } = beating();
    for (let i = 0; i < 100; i++) embedded.feed('news\n').advance(900);
    expect(pings).toEqual([]);
  });

  test('does not blame the peer for what this side does not read', async () => {
    let settle!: () => void;
    const { embedded, pings } = beating();
    embedded.advance(2500);
    expect(pings).toHaveLength(2);
    embedded.connection.pause();
    embedded.advance(HOUR);
    expect(pings).toHaveLength(2);
    embedded.connection.resume();
    embedded.advance(999);
    expect(pings).toHaveLength(2);
    embedded.advance(3000);
    expect(pings).toHaveLength(5);
    expect(embedded.connection.closeReason).toBeUndefined();

    const heartbeat = { interval: 1000, ping: () => void pings.push(0) };
    pings.length = 0;
    const onConnect = (): Promise<void> => new Promise((resolve) => (settle = resolve));
    const connecting = embed(line(), { onConnect }, { heartbeat, handshakeTimeout: false });
    connecting.advance(HOUR);
    expect(pings).toEqual([]);
    settle();
    await connecting.settled();
    connecting.advance(1000 + slack(1000));
    expect(pings).toHaveLength(1);
  });

  test('does not ask who has ended, and is still being answered', async () => {
    let settle!: () => void;
    const pings: number[] = [];
    const embedded = embed(
      line(),
      { onRead: () => {}, onEnd: () => new Promise<void>((resolve) => (settle = resolve)) },
      { halfOpen: true, heartbeat: { interval: 1000, ping: () => void pings.push(0) } },
    );
    embedded.feed('a long story, please\n').end();
    await embedded.settled();
    settle();
    await embedded.settled();
    embedded.advance(HOUR);
    expect(pings).toEqual([]);
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.connection.send('once upon a time');
    expect(embedded.sent().toString()).toBe('once upon a time\n');
  });

  test('may ask with a request, and that it is not answered is no error', async () => {
    const exchanges = new WeakMap<object, Exchange<string, FrameBody>>();
    let pings = 0;
    const heartbeat = {
      interval: 1000,
      misses: 2,
      ping: (connection: Connection<string>) => {
        pings++;
        return exchanges.get(connection)!.request('ping', (text) => text, { timeout: 500 });
      },
    };
    const embedded = embed(line(), {}, { role: 'client', record: false, heartbeat });
    const { connection } = embedded;
    exchanges.set(connection, new Exchange(connection));
    for (let i = 0; i < 10; i++) {
      embedded.advance(1000 + slack(1000));
      expect(embedded.sent().toString()).toBe('ping\n');
      embedded.feed('pong\n');
      await embedded.settled();
    }
    expect(connection.closeReason).toBeUndefined();
    expect(pings).toBe(10);
    for (let i = 0; i < 20; i++) {
      embedded.advance(150);
      await embedded.settled();
      expect(embedded.errors).toEqual([]);
    }
    expect(pings).toBe(12);
    embedded.advance(2 * slack(1000));
    await embedded.settled();
    expect(connection.closeReason).toBe('heartbeat');
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HEARTBEAT' }]);
  });

  test('that throws closes its connection, and no other', async () => {
    const { embedded, pings } = beating({}, () => {
      throw new TypeError('a bug');
    });
    embedded.advance(1000 + slack(1000));
    await embedded.settled();
    expect(pings).toHaveLength(1);
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HOOK_FAILED', message: 'ping failed: a bug' }]);
    embedded.advance(5000 + slack(5000));
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['hook-error']);
    expect(embedded.clock.pending).toBe(0);
  });

  test('that rejects was not answered, which is told when the misses are full', async () => {
    const failure = new TypeError('a bug');
    const { embedded, pings } = beating({}, () => Promise.reject(failure));
    embedded.advance(1000 + slack(1000));
    await embedded.settled();
    expect(pings).toHaveLength(1);
    expect(embedded.errors).toEqual([]);
    for (let i = 0; i < 10; i++) {
      embedded.advance(500);
      await embedded.settled();
    }
    expect(embedded.errors).toMatchObject([{ code: 'WIRE_HEARTBEAT', cause: failure }]);
    expect(embedded.closeReasons).toEqual(['heartbeat']);
  });

  test('may close or destroy the connection itself', async () => {
    for (const [ping, reason] of [
      [(connection: Connection<string>) => void connection.close(), 'local'],
      [(connection: Connection<string>) => connection.destroy(), 'destroyed'],
    ] as const) {
      const { embedded, pings } = beating({}, ping);
      embedded.advance(1000 + slack(1000));
      await embedded.settled();
      expect(embedded.connection.closeReason).toBe(reason);
      embedded.advance(5000 + slack(5000));
      await embedded.settled();
      expect(embedded.closeReasons).toEqual([reason]);
      expect(pings).toHaveLength(1);
      expect(embedded.errors).toEqual([]);
      expect(embedded.clock.pending).toBe(0);
    }
  });

  test('finds out that nobody is there any more, over a real socket', async () => {
    const server = new Server({ codec: line() }).onRead(() => {});
    await server.listen({ port: 0, host: '127.0.0.1' });
    const heartbeat = { interval: 50, ping: (connection: Connection<string>) => connection.send('ping') };
    const client = new Client({ codec: line(), heartbeat }).onRead(() => {});
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
    expect(await connection.closed).toBe('heartbeat');
    expect(connection.counters.messagesOut).toBe(3);
    await server.close();
  });
});
