import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { wireLog } from '@wirewright/core';
import {
  type CommandSeen,
  memcachedChannels,
  MemcachedClient,
  type MemcachedClientOptions,
  type MemcachedPlace,
  MemcachedServer,
} from '@wirewright/memcached';
import { describe, expect, onTestFinished, test } from 'vitest';

async function serverPort(): Promise<number> {
  const server = new MemcachedServer().onError(() => {});
  onTestFinished(async () => {
    server.destroy();
    await server.close();
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return server.port!;
}

type Options = MemcachedClientOptions & { readonly servers: MemcachedPlace | readonly MemcachedPlace[] };

function clientOf({ servers, ...options }: Options): MemcachedClient {
  const client = new MemcachedClient(servers, options);
  onTestFinished(async () => {
    await client.close();
  });
  return client;
}

describe('options', () => {
  test.each<[string, object]>([
    ['servers', {}],
    ['servers', { servers: [] }],
    ['servers', { servers: ['a:1', 'a:1'] }],
    ['server', { servers: 'a:b:c' }],
    ['port', { servers: 'a:70000' }],
    ['port', { servers: { host: 'a', port: 0 } }],
    ['path', { servers: { host: 'a', path: '/b' } }],
    ['weight', { servers: { host: 'a', weight: 0 } }],
    ['protocol', { servers: 'a', protocol: 'ascii' }],
    ['values', { servers: 'a', values: {} }],
    ['distribution', { servers: 'a', distribution: 'ketama' }],
    ['failure', { servers: 'a', failure: 'ignore' }],
    ['gutter', { servers: 'a', failure: { gutter: [] } }],
    ['failures', { servers: 'a', failures: 0 }],
    ['timeout', { servers: 'a', timeout: 0 }],
    ['connectTimeout', { servers: 'a', connectTimeout: false }],
    ['heartbeat', { servers: 'a', heartbeat: { every: 5 } }],
    ['username', { servers: 'a', username: 'ann' }],
    ['username', { servers: 'a', username: 'a b', password: 'c' }],
    ['prefix', { servers: 'a', prefix: 'a b' }],
    ['hashLongKeys', { servers: 'a', hashLongKeys: 'sha1' }],
    ['maxItemSize', { servers: 'a', maxItemSize: 10 }],
    ['maxWaiting', { servers: 'a', maxWaiting: 0 }],
    ['retries', { servers: 'a', retries: 3 }],
  ])('%s: refuses %j', (name, given) => {
    const { servers, ...options } = given as Options;
    const refused = expect.objectContaining({
      code: 'WIRE_INVALID_OPTION',
      message: expect.stringContaining(name) as string,
    }) as Error;
    expect(() => new MemcachedClient(servers, options)).toThrow(refused);
  });

  test.each([
    ['cache1', 'cache1:11211'],
    ['cache1:22122', 'cache1:22122'],
    ['[::1]:22122', '[::1]:22122'],
    ['/run/memcached.sock', '/run/memcached.sock'],
  ])('%s is a server', (place, name) => {
    expect(clientOf({ servers: place }).servers).toMatchObject([{ name, weight: 1, up: true, gutter: false }]);
  });
});

test('a command is seen when it is settled, with its result or its error', async () => {
  const client = clientOf({ servers: `127.0.0.1:${await serverPort()}` });
  const seen: CommandSeen[] = [];
  const see = (message: unknown): void => void seen.push(message as CommandSeen);
  subscribe(memcachedChannels.command.name, see);
  onTestFinished(() => void unsubscribe(memcachedChannels.command.name, see));
  await client.set('k', 'not a number');
  await client.get('k');
  await client.get('none', { timeout: 1000 });
  await client.incr('k').catch(() => {});
  const server = client.servers[0]!.name;
  expect(seen).toMatchObject([
    { server, request: { op: 'ms', key: 'k' } },
    { server, request: { op: 'mg', key: 'k' }, result: Buffer.from('not a number') },
    { server, request: { op: 'mg', key: 'none' }, result: undefined },
    { server, request: { op: 'ma', key: 'k' }, error: { code: 'MEMCACHED_COMMAND_FAILED' } },
  ]);
  for (const { duration } of seen) expect(duration).toBeGreaterThanOrEqual(0);
});

test('a batch is one message in a wire log, and a password is not shown', async () => {
  const server = new MemcachedServer({ users: { ann: 'secret' }, protocol: 'text' }).onError(() => {});
  onTestFinished(async () => {
    await server.close();
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = clientOf({ servers: `127.0.0.1:${server.port}`, username: 'ann', password: 'secret' });
  let text = '';
  const log = wireLog({ write: (line) => (text += line) });
  onTestFinished(() => log.stop());
  await Promise.all([client.get('a'), client.get('b'), client.set('c', 'x')]);
  const exchange = await client.connect({ key: 'a' });
  await exchange.connection.close();
  const sent = [...text.matchAll(/ -> \d+ bytes: (.*)/g)].map(([, what]) => what);
  expect(sent).toContain('mg a v f; mg b v f; ms c, a value of 1 byte');
  // Of the pool, and of the connection that was given away.
  expect(sent.filter((what) => what === 'login').length).toBe(2);
});

test('counts what was asked of each server, and what came of it', async () => {
  const ports = [await serverPort(), await serverPort()];
  const client = clientOf({ servers: ports.map((port) => `127.0.0.1:${port}`) });
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
  await client.setMany(keys.slice(0, 50).map((key) => [key, 'x'] as const));
  await client.getMany(keys);
  await client.set('n', 'x');
  await client.incr('n').catch(() => {});
  await client.get('n', { signal: AbortSignal.timeout(60_000) });
  expect(client.counters).toEqual({
    calls: 153,
    hits: 51,
    misses: 50,
    errors: 1,
    unansweredErrors: 0,
    timeouts: 0,
    aborts: 0,
    lost: 0,
    ejections: 0,
  });
  const each = client.servers.map(({ counters }) => counters.calls);
  expect(each[0]! + each[1]!).toBe(153);
  for (const calls of each) expect(calls).toBeGreaterThan(30);
  expect(client.servers.map(({ pool }) => pool.open)).toEqual([1, 1]);
});

test('servers come and go', async () => {
  const ports = [await serverPort(), await serverPort(), await serverPort()];
  const names = ports.map((port) => `127.0.0.1:${port}`);
  const client = clientOf({ servers: names.slice(0, 2) });
  const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
  const fill = (): Promise<void> => client.setMany(keys.map((key) => [key, 'x'] as const));
  await fill();
  client.addServer(names[2]!);
  expect(() => client.addServer(names[2]!)).toThrow('already');
  await fill();
  expect(client.servers[2]!.counters.calls).toBeGreaterThan(5);
  const asked = client.getMany(keys);
  // A mistake removes nothing.
  await expect(client.removeServer(names[0]!, { grace: -1 })).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
  expect(client.servers.length).toBe(3);
  await client.removeServer(names[0]!);
  expect((await asked).size).toBe(60);
  await fill();
  expect((await client.getMany(keys)).size).toBe(60);
  expect(client.servers.map(({ name }) => name)).toEqual(names.slice(1));
  await expect(client.removeServer('nobody')).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
  await client.removeServer(names[1]!);
  await expect(client.removeServer(names[2]!)).rejects.toMatchObject({ code: 'WIRE_INVALID_OPTION' });
  await client.close();
  expect(() => client.addServer(names[0]!)).toThrow('closed');
});

test('several connections to a server are made when one is full', async () => {
  const client = clientOf({ servers: `127.0.0.1:${await serverPort()}`, maxConnections: 3 });
  const value = 'x'.repeat(60_000);
  await Promise.all(Array.from({ length: 500 }, (_, i) => client.set(`k${i % 10}`, value)));
  const { open } = client.servers[0]!.pool;
  expect(open).toBeGreaterThan(1);
  expect(open).toBeLessThanOrEqual(3);
});
