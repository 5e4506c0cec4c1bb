import { line } from '@wirewright/codec-line';
import {
  channels,
  Client,
  type ClientOptions,
  type Clock,
  ClosedError,
  ConnectError,
  type Connection,
  HookError,
  InvalidOptionError,
  type ReconnectOptions,
  type RetrySeen,
  systemClock,
} from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { EchoPlace } from './echo-place.ts';

let place: EchoPlace;
let clock: FakeClock;
let client: Client<string>;
let retries: RetrySeen[];

beforeEach(async () => {
  place = await EchoPlace.open();
  clock = new FakeClock();
  retries = [];
});

afterEach(async () => {
  vi.restoreAllMocks();
  client.destroy();
  await client.close();
});

function make(reconnect: boolean | ReconnectOptions = true, options: ClientOptions<string> = {}): Client<string> {
  client = new Client<string>({ codec: line(), reconnect, clock, ...options }).onRetry(
    (retry) => void retries.push(retry),
  );
  return client;
}

/** Lets a pause pass as soon as it has begun; the connection that follows is made, or not, by then. */
async function passPause(count: number): Promise<void> {
  await vi.waitFor(() => expect(retries.length).toBe(count), patient);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(retries[count - 1]!.delay);
}

const reconnected = (before?: Connection<string>): Promise<Connection<string>> =>
  vi.waitFor(() => {
    expect(client.current).not.toBe(undefined);
    expect(client.current).not.toBe(before);
    return client.current!;
  }, patient);

/** Two turns: what a close sets off has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a connection that is lost', () => {
  test('is made again, and onConnect and current follow', async () => {
    const connected: Connection<string>[] = [];
    const closed: Connection<string>[] = [];
    make()
      .onConnect((connection) => void connected.push(connection))
      .onClose((connection) => void closed.push(connection));
    const first = await client.connect({ path: place.path });
    for (const connection of place.connections) connection.destroy();
    await first.closed;
    expect(client.current).toBe(undefined);
    await passPause(1);
    const second = await reconnected();
    expect(second.closeReason).toBe(undefined);
    expect(connected).toEqual([first, second]);
    expect(closed).toEqual([first]);
    for (const connection of place.connections) connection.destroy();
    await second.closed;
    await passPause(2);
    const third = await reconnected();
    expect(connected).toEqual([first, second, third]);
    await vi.waitFor(() => expect(place.connections.size).toBe(1), patient);
    expect(place.accepted).toBe(3);
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('is made again when the server was away meanwhile, with one attempt after each pause', async () => {
    make({ minDelay: 100, maxDelay: 1000 });
    await client.connect({ path: place.path });
    await place.stop();
    for (let count = 1; count <= 5; count++) await passPause(count);
    await vi.waitFor(() => expect(retries.length).toBe(6), patient);
    expect(client.current).toBe(undefined);
    expect(retries.slice(1).every(({ error }) => error instanceof ConnectError)).toBe(true);
    await place.start();
    await passPause(6);
    const connection = await reconnected();
    expect(connection.send('hello')).toBe(true);
    await vi.waitFor(() => expect(place.seen).toEqual(['hello']), patient);
    expect([retries.length, place.connections.size]).toEqual([6, 1]);
  });

  test.each<[string, (connection: Connection<string>) => unknown, string]>([
    ['because the peer ended', (connection) => connection.close(), 'peer'],
    ['because the peer broke the protocol', (connection) => connection.send('x'.repeat(20_000)), 'protocol-error'],
  ])('%s is made again', async (_name, act, reason) => {
    make();
    client.onRead(() => {});
    const connection = await client.connect({ path: place.path });
    await vi.waitFor(() => expect(place.connections.size).toBe(1), patient);
    for (const peer of place.connections) void act(peer);
    expect(await connection.closed).toBe(reason);
    await passPause(1);
    await reconnected(connection);
  });

  test('publishes each pause', async () => {
    const seen: unknown[] = [];
    const subscriber = (retry: unknown): void => void seen.push(retry);
    channels.clientRetry.subscribe(subscriber);
    onTestFinished(() => {
      channels.clientRetry.unsubscribe(subscriber);
    });
    make();
    await client.connect({ path: place.path });
    await place.stop();
    await passPause(1);
    await vi.waitFor(() => expect(retries.length).toBe(2), patient);
    expect(seen).toEqual(retries);
  });
});

describe('a connection that was meant to close is not made again:', () => {
  test.each<[string, (connection: Connection<string>) => unknown]>([
    ['close()', (connection) => connection.close()],
    ['destroy()', (connection) => connection.destroy()],
    ['client.close()', () => client.close()],
    ['client.destroy()', () => client.destroy()],
    ['its own idleTimeout', () => clock.advance(70)],
  ])('%s', async (_name, act) => {
    make(true, { idleTimeout: 60 });
    const connection = await client.connect({ path: place.path });
    void act(connection);
    await connection.closed;
    await settled();
    expect([retries.length, clock.pending, client.current]).toEqual([0, 0, undefined]);
  });

  test('by onConnect, of one that was made again', async () => {
    make();
    let count = 0;
    client.onConnect((connection) => void (++count === 2 && connection.close()));
    const first = await client.connect({ path: place.path });
    for (const connection of place.connections) connection.destroy();
    await first.closed;
    await passPause(1);
    await vi.waitFor(() => expect(count).toBe(2), patient);
    await vi.waitFor(() => expect(place.connections.size).toBe(0), patient);
    await settled();
    expect([retries.length, clock.pending]).toEqual([1, 0]);
  });
});

describe('the first connect()', () => {
  test('fails at once, and nothing goes on', async () => {
    await place.stop();
    make();
    await expect(client.connect({ path: place.path })).rejects.toBeInstanceOf(ConnectError);
    await settled();
    expect([retries.length, clock.pending]).toEqual([0, 0]);
  });

  test('so it does when onConnect fails', async () => {
    make();
    client.onError(() => {}).onConnect(() => Promise.reject(new Error('no greeting')));
    await expect(client.connect({ path: place.path })).rejects.toBeInstanceOf(HookError);
    await vi.waitFor(() => expect(place.connections.size).toBe(0), patient);
    await settled();
    expect([retries.length, place.accepted]).toEqual([0, 1]);
  });
});

describe('it ends', () => {
  test.each<[string, (controller: AbortController) => unknown]>([
    ['the signal of connect()', (controller) => controller.abort()],
    ['client.close()', () => client.close()],
    ['client.destroy()', () => client.destroy()],
  ])('in a pause, with %s', async (_name, act) => {
    make();
    const controller = new AbortController();
    const connection = await client.connect({ path: place.path }, { signal: controller.signal });
    await place.stop();
    await connection.closed;
    expect(retries.length).toBe(1);
    await settled();
    expect(clock.pending).toBe(1);
    void act(controller);
    await settled();
    expect(clock.pending).toBe(0);
    await place.start();
    clock.advance(60_000);
    await settled();
    expect([place.accepted, retries.length]).toEqual([1, 1]);
  });

  test('when the signal was aborted while all was well', async () => {
    make();
    const controller = new AbortController();
    const connection = await client.connect({ path: place.path }, { signal: controller.signal });
    controller.abort();
    await settled();
    expect(connection.writable).toBe(true);
    await place.stop();
    await connection.closed;
    await settled();
    expect([retries.length, clock.pending]).toEqual([0, 0]);
  });

  test('while it connects, and that connection goes, too', async () => {
    make();
    let count = 0;
    client.onConnect(() => (++count === 2 ? new Promise(() => {}) : undefined));
    const controller = new AbortController();
    const first = await client.connect({ path: place.path }, { signal: controller.signal });
    for (const connection of place.connections) connection.destroy();
    await first.closed;
    await passPause(1);
    await vi.waitFor(() => expect(count).toBe(2), patient);
    controller.abort();
    await vi.waitFor(() => expect(place.connections.size).toBe(0), patient);
    await settled();
    expect([retries.length, clock.pending, client.current]).toEqual([1, 0, undefined]);
  });

  test('after so many attempts, with the last error', async () => {
    const last: unknown[] = [];
    make({ attempts: 3 }).onGiveUp((error) => void last.push(error));
    await client.connect({ path: place.path });
    await place.stop();
    for (let count = 1; count <= 3; count++) await passPause(count);
    await vi.waitFor(() => expect(last.length).toBe(1), patient);
    expect(last[0]).toBeInstanceOf(ConnectError);
    await settled();
    expect([retries.length, clock.pending]).toEqual([3, 0]);
  });

  test('with a warning, when nobody else is told', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    make({ attempts: 1 });
    await client.connect({ path: place.path });
    await place.stop();
    await passPause(1);
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce(), patient);
    expect(warn.mock.calls[0]![0]).toBeInstanceOf(ConnectError);
  });
});

describe('an attempt', () => {
  test('fails when onConnect does', async () => {
    const last: unknown[] = [];
    let count = 0;
    make({ attempts: 3 })
      .onError(() => {})
      .onGiveUp((error) => void last.push(error))
      .onConnect(() => (++count === 1 ? undefined : Promise.reject(new Error(`no greeting ${count}`))));
    const first = await client.connect({ path: place.path });
    for (const connection of place.connections) connection.destroy();
    await first.closed;
    for (let attempt = 1; attempt <= 3; attempt++) await passPause(attempt);
    await vi.waitFor(() => expect(last.length).toBe(1), patient);
    expect(last[0]).toMatchObject({ code: 'WIRE_HOOK_FAILED', message: 'onConnect failed: no greeting 4' });
    await vi.waitFor(() => expect(place.connections.size).toBe(0), patient);
    expect([place.accepted, retries.length, client.current]).toEqual([4, 3, undefined]);
  });

  test('follows though onRetry throws or rejects, which are warnings', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    let count = 0;
    client = new Client<string>({ codec: line(), reconnect: { attempts: 2 }, clock })
      .onRetry((retry) => {
        retries.push(retry);
        if (++count === 1) throw new Error('thrown');
        return Promise.reject(new Error('rejected'));
      })
      .onGiveUp(() => {
        throw new Error('given up');
      });
    await client.connect({ path: place.path });
    await place.stop();
    await passPause(1);
    await passPause(2);
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(3), patient);
    expect(warn.mock.calls.map(([warning]) => String(warning))).toEqual([
      'HookError: onRetry failed: thrown',
      'HookError: onRetry failed: rejected',
      'HookError: onGiveUp failed: given up',
    ]);
  });

  test('follows a pause that keeps the process alive', async () => {
    const refs: boolean[] = [];
    const spying: Clock = {
      now: () => clock.now(),
      after: (delay, callback, ref = false) => {
        refs.push(ref);
        return clock.after(delay, callback);
      },
    };
    make(true, { clock: spying });
    await client.connect({ path: place.path });
    refs.length = 0;
    await place.stop();
    await vi.waitFor(() => expect(refs).toEqual([true]), patient);

    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const cancel = systemClock.after(60_000, () => {}, true);
    const cancelOther = systemClock.after(60_000, () => {});
    expect(timers()).toBe(before + 1);
    cancel();
    cancelOther();
  });
});

test('each connect() keeps a connection of its own', async () => {
  make();
  const other = await EchoPlace.open();
  const first = await client.connect({ path: place.path });
  const second = await client.connect({ path: other.path });
  expect(client.current).toBe(second);
  await place.stop();
  await first.closed;
  expect(client.current).toBe(second);
  await place.start();
  await passPause(1);
  await vi.waitFor(() => expect(place.connections.size).toBe(1), patient);
  expect([place.accepted, other.accepted, retries.length]).toEqual([2, 1, 1]);
});

test('current is none while its connection closes', async () => {
  make();
  const connection = await client.connect({ path: place.path });
  const closed = connection.close();
  expect(client.current).toBe(undefined);
  await closed;
});

test('the connections of a pool are none of it', async () => {
  make();
  const pool = client.pool({ path: place.path });
  expect(await pool.request('hello', (frame) => frame)).toBe('echo hello');
  expect(client.current).toBe(undefined);
  await place.stop();
  await settled();
  expect(retries).toEqual([]);
  await pool.close();
});

test.each<[object, string]>([
  [{ minDelay: 0 }, 'minDelay must be an integer from 1'],
  [{ minDelay: 100, maxDelay: 99 }, 'maxDelay must be an integer from 100'],
  [{ stableAfter: -1 }, 'stableAfter must be an integer from 0'],
  [{ attempts: 0 }, 'attempts must be an integer of at least 1'],
  [{ delay: 1 }, "reconnect has no option 'delay'"],
])('reconnect: %o', (options, message) => {
  make();
  expect(() => new Client({ reconnect: options as ReconnectOptions })).toThrow(message);
});

test('hooks are functions, and declared once', async () => {
  make();
  expect(() => client.onRetry(() => {})).toThrow(InvalidOptionError);
  expect(() => client.onGiveUp(undefined as never)).toThrow('onGiveUp takes a function');
  await client.close();
  await expect(client.connect({ path: place.path })).rejects.toBeInstanceOf(ClosedError);
  expect(() => client.pool({ path: place.path })).toThrow(ClosedError);
});
