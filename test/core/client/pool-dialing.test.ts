import { type Line } from '@wirewright/codec-line';
import {
  ClosedError,
  ConnectError,
  ConnectTimeoutError,
  InvalidOptionError,
  type PoolOptions,
  WireError,
} from '@wirewright/core';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { PoolLab, settled } from './pool-lab.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const refused = (): ConnectError => new ConnectError('refused');

describe('a dialer', () => {
  test.each<[string, PoolOptions<string, Line>['dial'], string]>([
    [
      'throws',
      () => {
        throw new Error('no way');
      },
      'the dialer failed: no way',
    ],
    ['rejects', () => Promise.reject(refused()), 'refused'],
    ['rejects with no error', () => Promise.reject('no error'), 'the dialer failed: no error'],
    ['makes nothing', () => Promise.resolve(undefined as never), 'has to return the promise of a connection'],
  ])('that %s fails the requests that wait, at once', async (_name, dial, message) => {
    const lab = new PoolLab({ dial });
    const asked = lab.asks('a', 'b');
    await settled();
    for (const { error } of asked) {
      expect(error).toBeInstanceOf(WireError);
      expect(String(error)).toContain(message);
    }
    expect(lab.pool.counters).toMatchObject({ open: 0, dialing: 0, waiting: 0 });
    expect(lab.clock.pending).toBeLessThan(2);
  });

  test('that makes connections which are closed already is a failing one, and is not called over and over', async () => {
    let calls = 0;
    const lab: PoolLab = new PoolLab({
      minConnections: 1,
      dial: async () => {
        await settled();
        calls++;
        const connection = lab.connection();
        connection.destroy();
        return connection;
      },
    });
    const asked = lab.ask('a');
    for (let turn = 0; turn < 5; turn++) await settled();
    expect(asked.error).toBeInstanceOf(ConnectError);
    expect(String(asked.error)).toContain('a connection that is closed (destroyed)');
    expect(calls).toBeLessThan(3);
    expect(lab.pool.counters).toMatchObject({ open: 0, dialed: 0 });
  });

  test('that makes connections whose messages are taken is told so, and they are closed', async () => {
    const lab: PoolLab = new PoolLab({
      dial: () => {
        const connection = lab.connection();
        void connection[Symbol.asyncIterator]().next();
        return Promise.resolve(connection);
      },
    });
    const asked = lab.ask('a');
    await settled();
    expect(asked.error).toBeInstanceOf(InvalidOptionError);
    expect(String(asked.error)).toContain('are taken already');
    expect(lab.peers[0]!.destroyed).toBe(true);
  });

  test('that makes the same connection twice does not break it', async () => {
    const lab = new PoolLab({ window: 1, maxConnections: 2 }, false);
    const [first, second] = lab.asks('a', 'b');
    await lab.dials[0]!.answer();
    await lab.dials[1]!.answer(lab.peers[0]!.connection);
    expect(lab.pool.counters).toMatchObject({ open: 1, waiting: 1, dialFailures: 1 });
    await lab.reply(0, 'A');
    await lab.reply(0, 'B');
    expect([first!.value, second!.value]).toEqual(['A', 'B']);
  });

  test('that hangs is given up, and what it still makes is destroyed', async () => {
    const lab = new PoolLab({ dialTimeout: 500 }, false);
    const asked = lab.ask('a');
    lab.clock.advance(499);
    await settled();
    expect([asked.settled, lab.dials[0]!.signal.aborted]).toEqual([0, false]);
    lab.clock.advance(1);
    await settled();
    expect(asked.error).toBeInstanceOf(ConnectTimeoutError);
    expect(lab.dials[0]!.signal.reason).toBeInstanceOf(ConnectTimeoutError);
    expect(lab.pool.counters.dialing).toBe(0);
    await lab.dials[0]!.answer();
    expect([lab.peers[0]!.destroyed, lab.pool.counters.open, lab.pool.counters.dialFailures]).toEqual([true, 0, 1]);
  });

  test('that closes the pool itself leaves nothing behind', async () => {
    const lab: PoolLab = new PoolLab({
      dial: () => {
        void lab.pool.close();
        return Promise.resolve(lab.connection());
      },
    });
    const asked = lab.ask('a');
    await settled();
    expect(asked.error).toBeInstanceOf(ClosedError);
    expect([lab.peers.every(({ destroyed }) => destroyed), lab.pool.counters.dialing]).toEqual([true, 0]);
    expect(lab.clock.pending).toBe(0);
  });

  test('is called once at a time while it fails, and not again before a pause if there is something to wait for', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const lab = new PoolLab({ window: 1, maxConnections: 8 }, false);
    lab.ask('a');
    await lab.dials[0]!.answer();
    const asked = lab.asks('b', 'c', 'd');
    expect(lab.dials.length).toBe(4);
    for (const dial of lab.dials.slice(1)) await dial.fail(refused());
    // The connection that there is may have room yet.
    expect([asked[0]!.settled, lab.pool.counters.waiting]).toEqual([0, 3]);
    asked.push(lab.ask('e'));
    expect(lab.dials.length).toBe(4);
    lab.clock.advance(25);
    expect(lab.dials.length).toBe(5);
    await lab.dials[4]!.answer();
    expect(await lab.sent()).toEqual(['a', 'b']);
    // It works again: as many as are needed.
    expect(lab.dials.length).toBe(8);
  });

  test('is called for a request that would have nothing to wait for, but not in a storm', async () => {
    const lab = new PoolLab({}, false);
    for (let count = 1; count <= 3; count++) {
      const asked = lab.ask('a');
      expect(lab.dials.length).toBe(count);
      await lab.dials[count - 1]!.fail(refused());
      expect(asked.error).toBeInstanceOf(ConnectError);
      // Right behind it nobody needs to try to know.
      const told = lab.asks('b', 'c');
      await new Promise(setImmediate);
      expect(told.map(({ error }) => error)).toEqual([asked.error, asked.error]);
      expect(lab.dials.length).toBe(count);
      lab.clock.advance(50);
    }
    lab.ask('a');
    lab.asks('b', 'c');
    expect(lab.dials.length).toBe(4);
  });
});
