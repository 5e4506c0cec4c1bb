import { line } from '@wirewright/codec-line';
import { Client, ConnectError, ConnectionLostError, Exchange, type RetrySeen } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { EchoPlace } from '../client/echo-place.ts';
import { PoolLab, settled } from '../client/pool-lab.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('14. Clients and pools', () => {
  test('Connecting again waits with full jitter, up to a cap, and starts over only after a stable period.', async () => {
    const place = await EchoPlace.open();
    const clock = new FakeClock();
    const retries: RetrySeen[] = [];
    const reconnect = { minDelay: 100, maxDelay: 1000, stableAfter: 5000 };
    const client = new Client({ codec: line(), clock, reconnect }).onRetry((retry) => void retries.push(retry));
    const draw = vi.spyOn(Math, 'random');
    const next = async (): Promise<number> => {
      const count = retries.length + 1;
      await vi.waitFor(() => expect(retries.length).toBe(count), patient);
      return retries.at(-1)!.delay;
    };
    /** Whether it waits for all of the pause, and no longer. */
    const pass = async (delay: number): Promise<void> => {
      await settled();
      const accepted = place.accepted + retries.length;
      clock.advance(delay - 1);
      await settled();
      expect([place.accepted + retries.length, clock.pending]).toEqual([accepted, 1]);
      clock.advance(1);
    };
    const connected = (): Promise<void> => vi.waitFor(() => expect(client.current).not.toBe(undefined), patient);

    await client.connect({ path: place.path });
    // Each is drawn from the whole range up to its bound, and the bound doubles up to the cap.
    for (const [luck, bound] of [
      [0.999_999, 100],
      [0.5, 200],
      [0.25, 400],
      [0.999_999, 800],
      [0.01, 1000],
      [0.999_999, 1000],
    ] as const) {
      draw.mockReturnValue(luck);
      const counted = next();
      if (retries.length === 0) await place.stop();
      const delay = await counted;
      expect(delay).toBe(Math.ceil(luck * bound));
      if (retries.length === 6) await place.start();
      await pass(delay);
    }
    draw.mockReturnValue(0.5);
    // A connection that does not hold counts for nothing.
    await connected();
    clock.advance(4999);
    const unstable = next();
    for (const connection of place.connections) connection.destroy();
    expect(await unstable).toBe(500);
    await pass(500);
    await connected();
    clock.advance(5000);
    const stable = next();
    for (const connection of place.connections) connection.destroy();
    expect(await stable).toBe(50);
    await client.close();
    expect(clock.pending).toBe(0);
  });

  test('Nothing is queued for a connection that is not there.', async () => {
    const place = await EchoPlace.open();
    const clock = new FakeClock();
    const retries: RetrySeen[] = [];
    const client = new Client<string>({ codec: line(), clock, reconnect: true }).onRetry(
      (retry) => void retries.push(retry),
    );
    const connection = await client.connect({ path: place.path });
    const exchange = new Exchange(connection);
    await place.stop();
    await connection.closed;
    expect(client.current).toBe(undefined);
    // The clock stands still: whatever settles does so at once.
    expect(connection.send('lost 1')).toBe(false);
    await expect(exchange.request('lost 2', (frame) => frame)).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(exchange.request('lost 3', (frame) => frame)).rejects.toMatchObject({ sent: false });
    const pool = client.pool({ path: place.path });
    await expect(pool.request('lost 4', (frame) => frame)).rejects.toBeInstanceOf(ConnectError);
    await expect(pool.send('lost 5')).rejects.toBeInstanceOf(ConnectError);
    expect(pool.counters).toMatchObject({ waiting: 0, dialing: 0, open: 0 });
    await place.start();
    await vi.waitFor(() => expect(retries.length).toBeGreaterThan(0), patient);
    while (client.current === undefined) {
      clock.advance(10_000);
      await settled();
    }
    client.current.send('hello');
    expect(await pool.request('hello, too', (frame) => frame)).toBe('echo hello, too');
    await vi.waitFor(() => expect(place.seen.length).toBe(2), patient);
    expect(new Set(place.seen)).toEqual(new Set(['hello', 'hello, too']));
    await client.close();
  });

  test('A pool fills a connection to its window before it uses the next, and never uses a broken one again.', async () => {
    const lab = new PoolLab({ window: 3, maxConnections: 3 });
    lab.asks('1', '2', '3', '4', '5');
    expect(await lab.sent()).toEqual(['1 2 3', '4 5']);
    lab.asks('6', '7');
    expect(await lab.sent()).toEqual(['', '6', '7']);
    // Wherever there is room, the first one has it.
    await lab.reply(2, '7');
    await lab.reply(0, '1', '2');
    lab.asks('8', '9', '10');
    expect(await lab.sent()).toEqual(['8 9', '', '10']);

    // What broke, in whatever way, is never used again, whatever room it had.
    lab.peers[0]!.reset();
    await settled();
    lab.asks('11', '12', '13');
    expect(await lab.sent()).toEqual(['', '', '11 12', '13']);
    lab.peers[1]!.end();
    lab.peers[2]!.connection.destroy();
    void lab.peers[3]!.connection.close();
    lab.asks('14', '15');
    expect(await lab.sent()).toEqual(['', '', '', '', '14 15']);
    await lab.reply(4, '14', '15', 'surprise');
    lab.ask('16');
    expect(await lab.sent()).toEqual(['', '', '', '', '', '16']);
    expect(lab.pool.counters).toMatchObject({ open: 1, dialed: 6, closed: 5 });
  });
});
