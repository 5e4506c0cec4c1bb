import { json, MemcachedClient, type MemcachedClientOptions, MemcachedServer, text } from '@wirewright/memcached';
import { describe, expect, onTestFinished, test } from 'vitest';

import { accepting, freePort, program, Running } from '../../support/programs.ts';

const memcached = program('memcached');

async function ours(): Promise<string> {
  const server = new MemcachedServer().onError(() => {});
  onTestFinished(async () => {
    server.destroy();
    await server.close();
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return `127.0.0.1:${server.port}`;
}

async function real(): Promise<string> {
  const port = await freePort();
  const running = new Running(memcached!, ['-p', `${port}`, '-l', '127.0.0.1', '-U', '0', '-u', 'nobody']);
  onTestFinished(() => running.destroy());
  await accepting(running, { port, host: '127.0.0.1' });
  return `127.0.0.1:${port}`;
}

function clientOf(
  servers: string,
  options: Partial<MemcachedClientOptions<string, string>> = {},
): MemcachedClient<string, string> {
  const client = new MemcachedClient<string, string>(servers, { values: text, ...options });
  onTestFinished(async () => {
    await client.close();
  });
  return client;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Computes a value, and counts how often. */
function producer(delay = 30): { produce: () => Promise<string>; made: number } {
  const counted = {
    made: 0,
    produce: async () => {
      const value = `value ${++counted.made}`;
      await pause(delay);
      return value;
    },
  };
  return counted;
}

function herds(start: () => Promise<string>, protocol: 'meta' | 'text'): void {
  test('one of all clients computes a value, and the others wait for it', async () => {
    const place = await start();
    const clients = Array.from({ length: 4 }, () => clientOf(place, { protocol }));
    const counted = producer(100);
    const values = await Promise.all(
      clients.flatMap((client) => Array.from({ length: 25 }, () => client.fetch('k', counted.produce, { ttl: 60 }))),
    );
    expect(new Set(values)).toEqual(new Set(['value 1']));
    expect(counted.made).toBe(1);
    expect(await clients[0]!.fetch('k', () => 'never')).toBe('value 1');
  });

  test('while a value is stale one computes it anew, and the others have the old one', async () => {
    const place = await start();
    const [first, second] = [clientOf(place, { protocol }), clientOf(place, { protocol })];
    await first.fetch('k', () => 'old', { ttl: 60 });
    expect(await first.invalidate('k', { stale: 30 })).toBe(true);
    let release!: (value: string) => void;
    const slow = first.fetch('k', () => new Promise<string>((resolve) => (release = resolve)), { ttl: 60 });
    await expect.poll(() => release as unknown).toBeDefined();
    expect(await second.fetch('k', () => 'not mine', { ttl: 60 })).toBe('old');
    release('new');
    expect(await slow).toBe('new');
    expect(await second.fetch('k', () => 'not mine', { ttl: 60 })).toBe('new');
    expect(await first.invalidate('none')).toBe(false);
  });

  test('shortly before the end of its life one computes a value anew', async () => {
    const place = await start();
    const [first, second] = [clientOf(place, { protocol }), clientOf(place, { protocol })];
    const options = { ttl: 60, recache: 100 };
    expect(await first.fetch('k', () => 'old', options)).toBe('old');
    let release!: (value: string) => void;
    const slow = first.fetch('k', () => new Promise<string>((resolve) => (release = resolve)), options);
    await expect.poll(() => release as unknown).toBeDefined();
    expect(await second.fetch('k', () => 'not mine', options)).toBe('old');
    release('new');
    expect(await slow).toBe('new');
  });

  test('when the one who computes fails, another has its turn', async () => {
    const place = await start();
    const [first, second] = [clientOf(place, { protocol }), clientOf(place, { protocol })];
    await expect(first.fetch('k', () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    expect(await second.fetch('k', () => 'mine', { ttl: 60 })).toBe('mine');
    // With an old value, that stays.
    await first.invalidate('k', { stale: 30 });
    await expect(first.fetch('k', () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    expect(await second.get('k')).toBe('mine');
    expect(await second.fetch('k', () => 'anew', { ttl: 60 })).toBe('anew');
  });

  test('a value that cannot be stored keeps nobody waiting for it', async () => {
    const place = await start();
    const [small, picky, other] = [
      clientOf(place, { protocol, maxItemSize: 1024 }),
      clientOf(place, { protocol, values: { ...text, encode: () => Promise.reject(new Error('not this one')) } }),
      clientOf(place, { protocol }),
    ];
    const large = 'x'.repeat(2000);
    const options = { lease: 3600 };
    expect(await small.fetch('large', () => large, options)).toBe(large);
    await expect(picky.fetch('picky', () => 'value', options)).rejects.toMatchObject({
      code: 'MEMCACHED_INVALID_VALUE',
    });
    for (const key of ['large', 'picky']) {
      // Of the other client's, it may still be on its way that it gives the place back.
      await expect.poll(() => other.add(key, 'now', { ttl: 1000 })).toBe(true);
    }
    // One that waits for the lease gives up here.
    const signal = AbortSignal.timeout(5000);
    await small.fetch('stale', () => 'old', { ttl: 60 });
    await other.invalidate('stale', { stale: 30 });
    expect(await small.fetch('stale', () => large, { ...options, signal })).toBe(large);
    expect(await small.fetch('stale', () => 'new', { ...options, ttl: 60, signal })).toBe('new');
  });

  test('when the one who computes dies, the others do not wait for longer than the lease', async () => {
    const place = await start();
    const dead = clientOf(place, { protocol });
    void dead.fetch('k', () => new Promise<string>(() => {}), { lease: 1 });
    const other = clientOf(place, { protocol });
    const statusOf = async (): Promise<string> => {
      const [reply] = await other.command({ op: 'mg', key: 'k', flags: 'v' }, { key: 'k' });
      return reply!.status;
    };
    await expect.poll(statusOf).toBe('VA');
    // Which is no value for anybody else; the classic commands do not tell.
    expect(await other.get('k')).toBe(protocol === 'meta' ? undefined : '');
    expect(await other.gets('k').then((item) => item?.value)).toBe(protocol === 'meta' ? undefined : '');
    expect(await other.fetch('k', () => 'mine', { lease: 1 })).toBe('mine');
  });

  test('what somebody stores meanwhile is not overwritten', async () => {
    const client = clientOf(await start(), { protocol });
    const fetched = client.fetch('k', async () => {
      await client.set('k', 'newer');
      return 'older';
    });
    expect(await fetched).toBe('older');
    expect(await client.get('k')).toBe('newer');
  });

  test('whoever gives up leaves the others what they share', async () => {
    const client = clientOf(await start(), { protocol });
    const controller = new AbortController();
    const given = client.fetch('k', producer(50).produce, { signal: controller.signal });
    const kept = client.fetch('k', () => 'not mine');
    controller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect(await kept).toBe('value 1');
  });
}

describe('meta, ours', () => {
  herds(ours, 'meta');
});
describe('text, ours', () => {
  herds(ours, 'text');
});
describe.skipIf(memcached === undefined)('meta, memcached', () => {
  herds(real, 'meta');
});

test('when the cache is not there, the value is computed', async () => {
  const port = await freePort();
  const client = new MemcachedClient(`127.0.0.1:${port}`, { values: json<{ n: number }>() });
  onTestFinished(async () => {
    await client.close();
  });
  for (let n = 0; n < 5; n++) expect(await client.fetch('k', () => ({ n }), { ttl: 60 })).toEqual({ n });
  await expect(client.fetch('a b', () => ({ n: 0 }))).rejects.toMatchObject({ code: 'MEMCACHED_INVALID_KEY' });
});

test('fetch says what it cannot do', async () => {
  const client = clientOf(await ours());
  await expect(client.fetch('k', 'value' as never)).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
  await expect(client.fetch('k', () => 'x', { ttl: -1 })).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
  const binary = clientOf(await ours(), { protocol: 'binary' });
  await expect(binary.fetch('k', () => 'x')).rejects.toMatchObject({ code: 'MEMCACHED_UNSUPPORTED', sent: false });
  await expect(binary.invalidate('k')).rejects.toMatchObject({ code: 'MEMCACHED_UNSUPPORTED' });
});
