import { type Line, line } from '@wirewright/codec-line';
import { Client, ClosedError, ConnectError, ConnectionLostError, type Pool } from '@wirewright/core';
import { describe, expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { EchoPlace } from './echo-place.ts';
import { PoolLab, settled, watch } from './pool-lab.ts';

const refused = (): ConnectError => new ConnectError('refused');

describe('close()', () => {
  test('answers what is in flight, rejects what waits, and takes no more', async () => {
    const place = await EchoPlace.open();
    const gates: (() => void)[] = [];
    place.serve = async (connection, text) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      connection.send(`done ${text}`);
    };
    const client = new Client({ codec: line() });
    const pool = client.pool({ path: place.path }, { window: 1, maxConnections: 2 });
    const asked = ['a', 'b', 'c'].map((message) => watch(pool.request(message, (frame) => frame)));
    await vi.waitFor(() => expect(gates.length).toBe(2), patient);
    const closed = pool.close({ grace: 60_000 });
    expect(pool.close()).toBe(closed);
    const late = watch(pool.request('d', (frame) => frame));
    await settled();
    expect(asked[2]!.error).toBeInstanceOf(ClosedError);
    expect(late.error).toBeInstanceOf(ClosedError);
    expect(asked[0]!.settled).toBe(0);
    for (const gate of gates) gate();
    expect(await closed).toEqual({ drained: 2, destroyed: 0 });
    expect(asked.map(({ value }) => value)).toEqual(['done a', 'done b', undefined]);
    expect(pool.counters).toMatchObject({ open: 0, dialing: 0, waiting: 0, dialed: 2, closed: 2 });
    await client.close();
    expect(place.accepted).toBe(2);
  });

  test.each<[string, (pool: Pool<string, Line>) => Promise<unknown>]>([
    ['the grace is over', (pool) => pool.close({ grace: 20 })],
    ['its signal is aborted', (pool) => pool.close({ signal: AbortSignal.timeout(20) })],
  ])('destroys what is left when %s', async (_name, close) => {
    const place = await EchoPlace.open();
    place.serve = () => {};
    const client = new Client({ codec: line() });
    const pool = client.pool({ path: place.path });
    const asked = watch(pool.request('a', (frame) => frame));
    await vi.waitFor(() => expect(place.seen).toEqual(['a']), patient);
    expect(await close(pool)).toEqual({ drained: 0, destroyed: 1 });
    await settled();
    expect(asked.error).toBeInstanceOf(ConnectionLostError);
    await client.close();
  });

  test('waits for connections that are closing, and destroy() destroys them', async () => {
    for (const end of ['close', 'destroy'] as const) {
      const lab = new PoolLab();
      lab.ask('a');
      await settled();
      await lab.reply(0, 'A', 'surprise');
      expect([lab.pool.counters.open, lab.peers[0]!.ended, lab.peers[0]!.destroyed]).toEqual([0, true, false]);
      const closed = watch(lab.pool.close({ grace: 1000 }));
      await settled();
      expect(closed.settled).toBe(0);
      if (end === 'destroy') lab.pool.destroy();
      else lab.clock.advance(1000);
      await settled();
      expect([lab.peers[0]!.destroyed, closed.value]).toEqual([true, { drained: 0, destroyed: 1 }]);
    }
  });

  test('leaves no dial and no timer', async () => {
    const lab = new PoolLab({ minConnections: 2, idleTimeout: 1000, window: 1, maxConnections: 8 }, false);
    const asked = lab.asks('a', 'b', 'c', 'd');
    expect(lab.dials.length).toBe(4);
    await lab.dials[0]!.answer();
    await lab.dials[1]!.fail(refused());
    expect(lab.clock.pending).toBeGreaterThan(0);
    const closed = lab.pool.close({ grace: 0 });
    // In the very turn, and later.
    const answered = [lab.dials[2]!.answer()];
    expect([lab.dials[2]!.signal.aborted, lab.dials[3]!.signal.reason]).toEqual([true, expect.any(ClosedError)]);
    lab.clock.advance(0);
    await closed;
    answered.push(lab.dials[3]!.answer());
    await Promise.all(answered);
    await settled();
    expect(lab.peers.every(({ destroyed }) => destroyed)).toBe(true);
    expect(lab.pool.counters).toMatchObject({ open: 0, dialing: 0, waiting: 0, inFlight: 0 });
    expect(asked.every(({ settled: times }) => times === 1)).toBe(true);
    expect(lab.clock.pending).toBe(0);
    lab.clock.advance(60_000);
    expect(lab.dials.length).toBe(4);
  });

  test('destroys a connection that was made in the turn of the close', async () => {
    // The dialer's promise is settled already when the pool is closed.
    const lab = new PoolLab({}, false);
    lab.ask('a');
    const answered = lab.dials[0]!.answer();
    await Promise.resolve();
    lab.pool.destroy();
    await answered;
    expect([lab.peers[0]!.destroyed, lab.pool.counters.open]).toEqual([true, 0]);
  });

  test('destroy() is at once; await using is close()', async () => {
    const lab = new PoolLab();
    const asked = lab.ask('a');
    await settled();
    lab.pool.destroy();
    expect(lab.peers[0]!.destroyed).toBe(true);
    await settled();
    expect(asked.error).toBeInstanceOf(ConnectionLostError);
    await lab.pool[Symbol.asyncDispose]();
    expect(lab.clock.pending).toBe(0);
  });

  test('of the client closes its pools', async () => {
    const place = await EchoPlace.open();
    const client = new Client({ codec: line() });
    const [pool, other] = [client.pool({ path: place.path }, { minConnections: 2 }), client.pool({ path: place.path })];
    await vi.waitFor(() => expect(pool.counters.open).toBe(2), patient);
    await other.close();
    expect(await client.close()).toEqual({ drained: 2, destroyed: 0 });
    await expect(pool.request('a', (frame) => frame)).rejects.toBeInstanceOf(ClosedError);
    expect(await pool.close()).toEqual({ drained: 2, destroyed: 0 });
    expect([pool.counters.open, pool.counters.dialing, place.accepted]).toEqual([0, 0, 2]);

    const destroyed = new Client({ codec: line() });
    const last = destroyed.pool({ path: place.path }, { minConnections: 1 });
    await vi.waitFor(() => expect(last.counters.open).toBe(1), patient);
    destroyed.destroy();
    await expect(last.request('a', (frame) => frame)).rejects.toBeInstanceOf(ClosedError);
    await last.close();
    expect(last.counters).toMatchObject({ open: 0, dialing: 0 });
  });
});
