import type { ServerSeen } from '@wirewright/core';
import { type ClientProtocol, type FailureMode, memcachedChannels, MemcachedClient } from '@wirewright/memcached';
import { describe, expect, onTestFinished, test } from 'vitest';

import { accepting, freePort, program, Running } from '../../support/programs.ts';

const memcached = program('memcached');

/** Of the client: milliseconds that a call may take, and the longest pause between two probes. */
const TIMEOUT = 400;
const LONGEST_PAUSE = 200;

/** What a slow machine may add to that, in ms. */
const SLOWNESS = 3000;

async function start(port: number): Promise<Running> {
  const args = ['-p', `${port}`, '-l', '127.0.0.1', '-U', '0', '-u', 'nobody', '-t', '1'];
  const running = new Running(memcached!, args);
  onTestFinished(() => running.destroy());
  await accepting(running, { port, host: '127.0.0.1' });
  return running;
}

interface Scene {
  readonly client: MemcachedClient;
  readonly processes: Running[];
  readonly ports: readonly number[];
  /** What has been told of servers. */
  readonly told: string[];
}

async function scene(protocol: ClientProtocol, failure: FailureMode = 'fail-fast'): Promise<Scene> {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const processes = await Promise.all(ports.map(start));
  const client = new MemcachedClient(
    ports.map((port) => `127.0.0.1:${port}`),
    {
      protocol,
      failure,
      failures: 2,
      reconnect: { minDelay: 20, maxDelay: LONGEST_PAUSE },
      timeout: TIMEOUT,
      heartbeat: { interval: 100, misses: 2 },
    },
  );
  onTestFinished(async () => {
    await client.close();
  });
  const told: string[] = [];
  const down = (seen: unknown): void => void told.push(`down ${(seen as ServerSeen).server}`);
  const up = (seen: unknown): void => void told.push(`up ${(seen as ServerSeen).server}`);
  memcachedChannels.serverDown.subscribe(down);
  memcachedChannels.serverUp.subscribe(up);
  onTestFinished(() => {
    memcachedChannels.serverDown.unsubscribe(down);
    memcachedChannels.serverUp.unsubscribe(up);
  });
  return { client, processes, ports, told };
}

/** What has become of the calls of a load. */
interface Load {
  done: number;
  failed: Map<string, number>;
  wrong: string[];
  longest: number;
  /** Calls for the keys of each server that have succeeded. */
  byServer: Map<number, number>;
  stop(): Promise<void>;
}

/** Callers that set a key, and get it back, again and again: each value says whose it is. */
function load(client: MemcachedClient, callers: number): Load {
  const controller = new AbortController();
  const { signal } = controller;
  const seen: Load = {
    done: 0,
    failed: new Map(),
    wrong: [],
    longest: 0,
    byServer: new Map(),
    async stop() {
      controller.abort();
      await Promise.all(running);
    },
  };
  const timed = async <T>(call: Promise<T>): Promise<T> => {
    const since = performance.now();
    try {
      return await call;
    } finally {
      seen.longest = Math.max(seen.longest, performance.now() - since);
    }
  };
  const caller = async (id: number): Promise<void> => {
    for (let turn = 0; !signal.aborted; turn++) {
      const key = `caller:${id}:${turn % 20}`;
      const value = `${key}=${turn}`;
      try {
        await timed(client.set(key, value));
        const got = await timed(client.get(key));
        // Lost with its server, it may be; another's it must not be, nor an older one.
        if (got !== undefined && String(got) !== value) seen.wrong.push(`${value}: ${String(got)}`);
        seen.done++;
      } catch (error) {
        const { code } = error as { code: string };
        seen.failed.set(code, (seen.failed.get(code) ?? 0) + 1);
        // Whoever fails at once should not do nothing else.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const running = Array.from({ length: callers }, (_, id) => caller(id));
  return seen;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const ALLOWED = new Set([
  'WIRE_CONNECTION_LOST',
  'WIRE_CONNECT_FAILED',
  'WIRE_CONNECT_TIMEOUT',
  'WIRE_REQUEST_TIMEOUT',
  'WIRE_POOL_TIMEOUT',
  'MEMCACHED_SERVER_DOWN',
]);

function expectSound({ failed, wrong, longest, done }: Load): void {
  expect(wrong).toEqual([]);
  expect([...failed.keys()].filter((code) => !ALLOWED.has(code))).toEqual([]);
  expect(longest).toBeLessThan(TIMEOUT + SLOWNESS);
  expect(done).toBeGreaterThan(0);
}

describe.skipIf(memcached === undefined)('three memcached, one of which goes and comes back under load', () => {
  for (const protocol of ['meta', 'text', 'binary'] as const) {
    test(`${protocol}: killed`, async () => {
      const { client, processes, ports, told } = await scene(protocol);
      const seen = load(client, 40);
      await pause(200);
      processes[1]!.destroy();
      await expect.poll(() => client.servers[1]!.up).toBe(false);
      await pause(300);
      expect(client.servers.map(({ up }) => up)).toEqual([true, false, true]);
      await start(ports[1]!);
      await expect.poll(() => client.servers[1]!.up, { timeout: LONGEST_PAUSE + SLOWNESS }).toBe(true);
      const failedBefore = [...seen.failed.values()].reduce((sum, count) => sum + count, 0);
      const before = client.servers[1]!.counters.hits;
      await expect.poll(() => client.servers[1]!.counters.hits - before, { timeout: SLOWNESS }).toBeGreaterThan(50);
      await seen.stop();
      expectSound(seen);
      expect(failedBefore).toBeGreaterThan(0);
      const name = `127.0.0.1:${ports[1]}`;
      expect(told).toEqual([`down ${name}`, `up ${name}`]);
      expect(client.servers[1]!.counters.ejections).toBe(1);
    });

    test(`${protocol}: stopped, so that it takes everything and says nothing`, async () => {
      const { client, processes, ports, told } = await scene(protocol);
      const seen = load(client, 40);
      await pause(200);
      processes[1]!.process.kill('SIGSTOP');
      await expect.poll(() => client.servers[1]!.up, { timeout: TIMEOUT * 4 + SLOWNESS }).toBe(false);
      const others = seen.done;
      await pause(300);
      expect(seen.done).toBeGreaterThan(others);
      processes[1]!.process.kill('SIGCONT');
      await expect.poll(() => client.servers[1]!.up, { timeout: TIMEOUT + LONGEST_PAUSE + SLOWNESS }).toBe(true);
      const before = client.servers[1]!.counters.hits;
      await expect.poll(() => client.servers[1]!.counters.hits - before, { timeout: SLOWNESS }).toBeGreaterThan(50);
      await seen.stop();
      expectSound(seen);
      expect(told[0]).toBe(`down 127.0.0.1:${ports[1]}`);
    });
  }

  test('goes to the next server: calls go on', async () => {
    const { client, processes } = await scene('meta', 'next-server');
    const seen = load(client, 20);
    await pause(150);
    processes[1]!.destroy();
    await expect.poll(() => client.servers[1]!.up).toBe(false);
    const failed = (): number => [...seen.failed.values()].reduce((sum, count) => sum + count, 0);
    // Those that were under way may still fail.
    await pause(TIMEOUT);
    const before = failed();
    const done = seen.done;
    await expect.poll(() => seen.done - done).toBeGreaterThan(200);
    expect(failed()).toBe(before);
    await seen.stop();
    expectSound(seen);
    for (const process of processes) process.destroy();
    await expect
      .poll(() => client.servers.every(({ up }) => !up) || client.get('k').catch(() => {}), {
        timeout: 5000,
      })
      .toBe(true);
    await expect(client.get('k')).rejects.toMatchObject({ code: 'MEMCACHED_SERVER_DOWN', server: '', sent: false });
  });

  test('goes to a gutter pool, where nothing lives for long', async () => {
    const port = await freePort();
    await start(port);
    const { client, processes } = await scene('meta', { gutter: [`127.0.0.1:${port}`], ttl: 7 });
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    await client.setMany(keys.map((key) => [key, 'x'] as const));
    processes[1]!.destroy();
    const all = async (): Promise<boolean> => {
      await client.setMany(
        keys.map((key) => [key, 'x'] as const),
        { ttl: 3600 },
      );
      return true;
    };
    await expect.poll(() => all().catch(() => false)).toBe(true);
    expect((await client.getMany(keys)).size).toBe(50);
    const gutter = client.servers.find((server) => server.gutter)!;
    expect(gutter.counters.hits).toBeGreaterThan(5);
    const direct = new MemcachedClient(gutter.name);
    onTestFinished(async () => {
      await direct.close();
    });
    for (const key of keys) {
      const [reply] = await direct.command({ op: 'mg', key, flags: 't' }, { key });
      if (reply!.status === 'HD') expect(Number(reply!.flag('t'))).toBeLessThanOrEqual(7);
    }
  });
});
