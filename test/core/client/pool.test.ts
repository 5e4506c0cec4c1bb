import { line } from '@wirewright/codec-line';
import { channels, Client, ConnectError, ConnectionLostError, Pool, RequestTimeoutError } from '@wirewright/core';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { EchoPlace } from './echo-place.ts';
import { PoolLab, settled } from './pool-lab.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const refused = (): ConnectError => new ConnectError('refused');

describe('connections', () => {
  test('are made when requests need them, as few as hold them', async () => {
    const lab = new PoolLab({ window: 2, maxConnections: 3 });
    expect(lab.dials.length).toBe(0);
    lab.asks('a', 'b', 'c');
    expect(await lab.sent()).toEqual(['a b', 'c']);
    lab.asks('d', 'e', 'f', 'g', 'h');
    expect(await lab.sent()).toEqual(['', 'd', 'e f']);
    expect(lab.pool.counters).toEqual({
      open: 3,
      dialing: 0,
      waiting: 2,
      inFlight: 6,
      dialed: 3,
      dialFailures: 0,
      closed: 0,
    });
  });

  test('that become free serve those that wait, in order', async () => {
    const lab = new PoolLab({ window: 1, maxConnections: 1 });
    const asked = lab.asks('a', 'b', 'c');
    expect(await lab.sent()).toEqual(['a']);
    await lab.reply(0, 'A');
    expect(await lab.sent()).toEqual(['b']);
    await lab.reply(0, 'B');
    expect(await lab.sent()).toEqual(['c']);
    await lab.reply(0, 'C');
    expect(asked.map(({ value }) => value)).toEqual(['A', 'B', 'C']);
    expect([lab.dials.length, lab.pool.counters.inFlight]).toEqual([1, 0]);
  });

  test('whose peer does not read get no more than they can take', async () => {
    const lab = new PoolLab({ maxConnections: 2 });
    lab.ask('a');
    await lab.sent();
    lab.peers[0]!.stall();
    lab.ask('x'.repeat(70_000));
    lab.asks('b', 'c');
    await settled();
    expect(lab.peers.length).toBe(2);
    expect((await lab.sent())[1]).toBe('b c');
  });

  test('are no more than maxConnections, and the others wait', async () => {
    const lab = new PoolLab({ window: 1, maxConnections: 2 });
    lab.asks('a', 'b', 'c', 'd');
    await settled();
    expect([lab.dials.length, lab.pool.counters.waiting]).toEqual([2, 2]);
  });

  test('that break are left, and those that wait get another', async () => {
    const lab = new PoolLab({ window: 1, maxConnections: 1 });
    const [first, second] = lab.asks('a', 'b');
    expect(await lab.sent()).toEqual(['a']);
    lab.peers[0]!.reset();
    expect(await lab.sent()).toEqual(['', 'b']);
    expect(first!.error).toBeInstanceOf(ConnectionLostError);
    await lab.reply(1, 'B');
    expect(second!.value).toBe('B');
    expect(lab.pool.counters).toMatchObject({ open: 1, dialed: 2, closed: 1 });
  });

  test('that their peer ends are left, too, though a reply is still to come', async () => {
    const lab = new PoolLab({ window: 4 });
    lab.ask('a');
    await settled();
    lab.peers[0]!.end();
    await settled();
    lab.ask('b');
    expect((await lab.sent())[1]).toBe('b');
  });

  test('that sent what nobody asked for are left', async () => {
    const lab = new PoolLab();
    const asked = lab.ask('a');
    await lab.reply(0);
    await lab.reply(0, 'A', 'surprise');
    const next = lab.ask('b');
    expect((await lab.sent())[1]).toBe('b');
    await lab.reply(1, 'B');
    expect([asked.value, next.value, lab.pool.counters.closed]).toEqual(['A', 'B', 1]);
  });

  test('that owe replies are the last resort', async () => {
    const lab = new PoolLab({ window: 4, maxConnections: 2 });
    const late = lab.ask('a', { timeout: 100 });
    expect(await lab.sent()).toEqual(['a']);
    lab.peers[0]!.advance(100);
    await settled();
    expect(late.error).toBeInstanceOf(RequestTimeoutError);
    // It has room, but may be dead.
    lab.ask('b');
    expect(await lab.sent()).toEqual(['', 'b']);
    // Nothing else can be had.
    lab.asks('c', 'd', 'e', 'f');
    expect(await lab.sent()).toEqual(['f', 'c d e']);
    // It is as good as any once it has answered.
    await lab.reply(0, 'A', 'F');
    lab.ask('g');
    expect(await lab.sent()).toEqual(['g', '']);
  });

  test('that owe replies are used when no other can be made', async () => {
    const lab = new PoolLab({ window: 4, maxConnections: 2 });
    lab.ask('a', { timeout: 100 });
    await settled();
    lab.peers[0]!.advance(100);
    lab.auto = false;
    const waiting = lab.ask('b');
    await settled();
    expect([lab.pool.counters.waiting, lab.dials.length]).toEqual([1, 2]);
    await lab.dials[1]!.fail(refused());
    expect(await lab.sent()).toEqual(['a b']);
    await lab.reply(0, 'A', 'B');
    expect(waiting.value).toBe('B');
  });
});

describe('connections that nobody uses', () => {
  test('are closed down to min', async () => {
    const lab = new PoolLab({ window: 1, maxConnections: 4, minConnections: 1, idleTimeout: 1600 });
    await settled();
    const asked = lab.asks('a', 'b', 'c');
    await settled();
    expect(lab.pool.counters.open).toBe(3);
    lab.clock.advance(5000);
    expect(lab.pool.counters.open).toBe(3);
    for (const index of [0, 1, 2]) await lab.reply(index, 'A');
    expect(asked.every(({ value }) => value === 'A')).toBe(true);
    lab.clock.advance(1500);
    expect(lab.pool.counters.open).toBe(3);
    lab.clock.advance(400);
    await settled();
    expect(lab.pool.counters).toMatchObject({ open: 1, closed: 2, dialed: 3 });
    lab.clock.advance(10_000);
    expect(lab.pool.counters).toMatchObject({ open: 1, dialing: 0 });
  });

  test('are not those that are in use now and then, even without a request', async () => {
    const lab = new PoolLab({ idleTimeout: 1600 });
    lab.ask('a');
    await lab.sent();
    await lab.reply(0, 'A');
    for (let round = 0; round < 4; round++) {
      lab.clock.advance(1400);
      lab.ask('b');
      await lab.reply(0, 'B');
    }
    expect(lab.pool.counters.closed).toBe(0);
    let finish!: () => void;
    const used = lab.pool.use(() => new Promise<void>((resolve) => (finish = resolve)));
    lab.clock.advance(10_000);
    expect(lab.pool.counters.closed).toBe(0);
    finish();
    await used;
    lab.clock.advance(2000);
    expect(lab.pool.counters).toMatchObject({ open: 0, closed: 1 });
  });

  test('are looked for though others are made all the time', async () => {
    const lab = new PoolLab({ window: 1, maxConnections: 100, idleTimeout: 1600 });
    lab.ask('a', { timeout: 10 });
    await settled();
    // It owes a reply, so it is not used while others can be made.
    lab.peers[0]!.advance(10);
    for (let count = 0; count < 20; count++) {
      lab.clock.advance(95);
      lab.ask('b');
      await settled();
    }
    expect(lab.pool.counters).toMatchObject({ dialed: 21, open: 20, closed: 1 });
    expect(lab.peers[0]!.ended).toBe(true);
  });

  test('stay for ever with idleTimeout: false', async () => {
    const lab = new PoolLab({ idleTimeout: false });
    lab.ask('a');
    await settled();
    await lab.reply(0, 'A');
    lab.clock.advance(1e9);
    expect(lab.pool.counters.open).toBe(1);
  });
});

describe('min connections', () => {
  test('are made at once, and again after a pause with jitter', async () => {
    const draw = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const lab = new PoolLab({ minConnections: 2 });
    await settled();
    expect(lab.pool.counters.open).toBe(2);
    // Broken again as soon as it is there: the pauses grow all the same.
    for (const pause of [25, 50, 100]) {
      lab.peers.at(-1)!.reset();
      await settled();
      expect(lab.pool.counters).toMatchObject({ open: 1, dialing: 0 });
      lab.clock.advance(pause - 1);
      expect(lab.pool.counters.dialing).toBe(0);
      lab.clock.advance(1);
      await settled();
      expect(lab.pool.counters.open).toBe(2);
    }
    // One that held for long is made again soon.
    lab.clock.advance(10_000);
    lab.peers.at(-1)!.reset();
    await settled();
    lab.clock.advance(25);
    await settled();
    expect(lab.pool.counters.open).toBe(2);
    expect(draw).toHaveBeenCalledTimes(4);
  });

  test('are tried one at a time while attempts fail, and all when one succeeds', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const retries: unknown[] = [];
    const subscriber = (retry: unknown): void => void retries.push(retry);
    channels.clientRetry.subscribe(subscriber);
    onTestFinished(() => {
      channels.clientRetry.unsubscribe(subscriber);
    });
    const lab = new PoolLab({ minConnections: 3 }, false);
    expect(lab.dials.length).toBe(3);
    for (const dial of lab.dials) await dial.fail(refused());
    expect([lab.dials.length, retries.length]).toEqual([3, 1]);
    lab.clock.advance(25);
    expect(lab.dials.length).toBe(4);
    await lab.dials[3]!.fail(refused());
    expect(lab.dials.length).toBe(4);
    lab.clock.advance(50);
    expect(lab.dials.length).toBe(5);
    await lab.dials[4]!.answer();
    expect(lab.dials.length).toBe(7);
    expect(retries).toMatchObject([
      { attempt: 1, delay: 25, error: { code: 'WIRE_CONNECT_FAILED' } },
      { attempt: 2, delay: 50, error: { code: 'WIRE_CONNECT_FAILED' } },
    ]);
  });
});

describe('a pool of a client', () => {
  test('says why it cannot connect, at once', async () => {
    const place = await EchoPlace.open();
    await place.stop();
    const client = new Client({ codec: line() });
    const pool = client.pool({ path: place.path });
    const error = await pool.request('a', (frame) => frame).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectError);
    await place.start();
    await vi.waitFor(async () => expect(await pool.request('b', (frame) => frame)).toBe('echo b'), patient);
    expect(pool.counters).toMatchObject({ dialed: 1, dialFailures: 1 });
    await client.close();
  });

  test('comes back when the server does', async () => {
    const place = await EchoPlace.open();
    const client = new Client({ codec: line() });
    const pool = client.pool({ path: place.path }, { minConnections: 2 });
    await vi.waitFor(() => expect(pool.counters.open).toBe(2), patient);
    await place.stop();
    await vi.waitFor(() => expect(pool.counters.dialFailures).toBeGreaterThan(0), patient);
    await place.start();
    await vi.waitFor(() => expect(pool.counters.open).toBe(2), patient);
    const { dialed, closed } = pool.counters;
    expect([dialed, closed]).toEqual([4, 2]);
    await client.close();
  });

  test('needs a client whose messages nobody takes', () => {
    const client = new Client({ codec: line() }).onRead(() => {});
    expect(() => client.pool({ port: 9 })).toThrow('use a client without an onRead hook');
    expect(() => new Client({ codec: line() }).pool({})).toThrow('pool() takes a port');
  });

  test('more connections than ten are no warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const place = await EchoPlace.open();
    const client = new Client({ codec: line() });
    const pool = client.pool({ path: place.path }, { window: 1, maxConnections: 20 });
    const { signal } = new AbortController();
    const asked = Array.from({ length: 40 }, (_, index) => pool.request(`${index}`, (frame) => frame, { signal }));
    await Promise.all(asked);
    await Promise.all(Array.from({ length: 20 }, () => client.connect({ path: place.path })));
    expect(warn).not.toHaveBeenCalled();
    await client.close();
  });

  test('one histogram has the latencies of all its connections', async () => {
    const place = await EchoPlace.open();
    const client = new Client({ codec: line() });
    const pool = client.pool({ path: place.path }, { latency: true, window: 1, maxConnections: 3 });
    expect(pool.latency!.count).toBe(0);
    await Promise.all(['a', 'b', 'c', 'd'].map((message) => pool.request(message, (frame) => frame)));
    expect([pool.latency!.count, pool.latency!.min > 0]).toEqual([4, true]);
    expect(client.pool({ path: place.path }, { latency: pool.latency }).latency).toBe(pool.latency);
    expect(client.pool({ path: place.path }).latency).toBe(undefined);
    await client.close();
  });
});

test.each<[object, string]>([
  [{ dial: undefined }, 'a pool needs a dialer'],
  [{ minConnections: 3, maxConnections: 2 }, 'maxConnections must be an integer of at least 3'],
  [{ maxConnections: 0 }, 'maxConnections must be an integer of at least 1'],
  [{ idleTimeout: 0 }, 'idleTimeout must be an integer from 1'],
  [{ dialTimeout: 0 }, 'dialTimeout must be an integer from 1'],
  [{ waitTimeout: 0 }, 'waitTimeout must be an integer from 1'],
  [{ maxWaiting: 0 }, 'maxWaiting must be an integer of at least 1'],
  [{ window: 0 }, 'window must be an integer of at least 1'],
  [{ latency: 1 }, 'latency must be true, false or a histogram'],
  [{ size: 1 }, "a pool has no option 'size'"],
])('new Pool(%o)', (options, message) => {
  const dial = (): never => {
    throw new Error('never called');
  };
  expect(() => new Pool({ dial, ...options })).toThrow(message);
});
