import { requests } from '@wirewright/codec-memcached-binary';
import { InvalidOptionError, Server, WireError } from '@wirewright/core';
import { Metrics, serverMetrics } from '@wirewright/core/prometheus';
import { CommandError, json, MemcachedClient, MemcachedServer, MemoryStore, type Store } from '@wirewright/memcached';
import { memcachedClientMetrics, memcachedServerMetrics } from '@wirewright/memcached/prometheus';
import { expect, test } from 'vitest';

import { scraped } from '../support/scraped.ts';
import { afterwards, serve, talkTo } from './scene.ts';

const STORE = 'set a 0 0 1\r\n1\r\n';

test('a server: commands, keys by what came of them, failures, and items', async () => {
  const server = await serve({ maxItemSize: 2048 });
  const { registry } = new Metrics().add('cache', server, memcachedServerMetrics);
  const talk = await talkTo(server);
  await talk.text(
    `${STORE}get a b\r\nmg a v\r\ngets c d\r\nincr a 1\r\nincr b 1\r\nincr b 1\r\ndecr a 1\r\ntouch a 0\r\ntouch b 0\r\ntouch b 0\r\n`,
  );
  await talk.text('cas a 0 0 1 1\r\n1\r\ncas b 0 0 1 1\r\n1\r\ncas a 0 0 1 999\r\n1\r\n');
  await talk.text(`set b 0 0 4000\r\n${'x'.repeat(4000)}\r\nnothing\r\ndelete b\r\ndelete b\r\ndelete a\r\n${STORE}`);
  const values = await scraped(registry);
  const of = (name: string, labels = ''): number | undefined =>
    values.get(`wirewright_${name}{server="cache"${labels === '' ? '' : `,${labels}`}}`);
  const lookups = [...values].filter(([name]) => name.includes('lookups_total'));
  expect(Object.fromEntries(lookups.map(([name, value]) => [/command="(.*)"}/.exec(name)![1], value]))).toEqual({
    'get",result="hit': 2,
    'get",result="miss': 3,
    'delete",result="hit': 1,
    'delete",result="miss': 2,
    'incr",result="hit': 1,
    'incr",result="miss': 2,
    'decr",result="hit': 1,
    'decr",result="miss': 0,
    'touch",result="hit': 1,
    'touch",result="miss': 2,
    'cas",result="hit': 0,
    'cas",result="miss': 1,
    'cas",result="badval': 2,
  });
  expect([of('memcached_server_commands_total', 'command="mg"'), of('server_connections')]).toEqual([1, 1]);
  expect(of('memcached_server_command_hits_total', 'command="set"')).toBe(2);
  expect(of('memcached_server_command_errors_total', 'command="other"')).toBe(1);
  expect(of('memcached_server_command_bytes_total', 'command="mg",direction="in"')).toBe('mg a v\r\n'.length);
  expect(of('memcached_server_command_bytes_total', 'command="get",direction="out"')).toBe(
    server.commands.get.bytesOut,
  );
  expect(of('memcached_server_store_failures_total', 'reason="too_large"')).toBe(1);
  expect(of('memcached_server_store_failures_total', 'reason="no_memory"')).toBe(0);
  expect([of('memcached_server_items'), of('memcached_server_stored_items_total')]).toEqual([
    1,
    (server.store as MemoryStore).counters.totalItems,
  ]);
  expect(of('memcached_server_item_bytes')).toBeGreaterThan(0);
  expect(of('memcached_server_limit_bytes')).toBe(64 * 1024 * 1024);
});

test('a server: evictions, logins, and a store of which nothing is known', async () => {
  const memory = new MemoryStore({ memoryLimit: 2 * 1024 * 1024, maxItemSize: 1024 * 1024 });
  const server = await serve({ store: memory, users: { ann: 'secret' } });
  const [good, bad] = [await talkTo(server), await talkTo(server)];
  await good.binary(requests.saslAuth('PLAIN', '\0ann\0secret'));
  await bad.binary(requests.saslAuth('PLAIN', '\0ann\0wrong'));
  const value = Buffer.alloc(300_000);
  for (let i = 0; i < 12; i++)
    memory.store('set', bytes(`key ${i}`), 0, 0, { buffer: value, start: 0, end: value.length });
  const plain = new MemcachedServer({ store: aside() });
  const metrics = new Metrics()
    .add('cache', server, memcachedServerMetrics)
    .add('plain', plain, memcachedServerMetrics);
  const values = await scraped(metrics.registry);
  expect(memory.counters.evictions).toBeGreaterThan(0);
  expect(Object.fromEntries(values)).toMatchObject({
    'wirewright_memcached_server_evictions_total{server="cache"}': memory.counters.evictions,
    'wirewright_memcached_server_unfetched_total{server="cache",reason="evicted"}': memory.counters.evictedUnfetched,
    'wirewright_memcached_server_unfetched_total{server="cache",reason="expired"}': 0,
    'wirewright_memcached_server_logins_total{server="cache"}': 2,
    'wirewright_memcached_server_login_errors_total{server="cache"}': 1,
    'wirewright_memcached_server_commands_total{server="plain",command="get"}': 0,
  });
  expect([...values.keys()].filter((name) => /plain.*/.test(name) && /item|evict|bytes\{/.test(name))).toEqual([]);
});

test('a server is added with one call, once for each name', () => {
  const metrics = new Metrics();
  const server = new MemcachedServer<{ user: string }>();
  metrics.add('cache', server, memcachedServerMetrics);
  expect(() => metrics.add('cache', new Server(), serverMetrics)).toThrow(InvalidOptionError);
  // @ts-expect-error a Server has no store
  expect(() => metrics.add('other', new Server(), memcachedServerMetrics)).toThrow(/other is no server of which/);
  expect([metrics.remove(server), metrics.remove(server)]).toEqual([true, false]);
  metrics.add('cache', new Server(), serverMetrics);
});

test('a client: calls, hits, failures, connections and state of each server', async () => {
  const server = await serve();
  const name = `127.0.0.1:${server.port}`;
  // Nobody is on port 1, where all keys are.
  const client = new MemcachedClient(['127.0.0.1:1', name], {
    distribution: () => () => 0,
    failures: 1,
    // Nobody looks again whether it is there: that would count as another dial.
    reconnect: { minDelay: 600_000, maxDelay: 600_000 },
    failure: { gutter: [name] },
    values: json<string>(),
  });
  afterwards(async () => {
    await client.close();
  });
  const metrics = new Metrics().add('front', client, memcachedClientMetrics);
  await expect(client.get('a')).rejects.toThrow(WireError);
  await client.set('a', 'x');
  expect([await client.get('a'), await client.get('a'), await client.get('b')]).toEqual(['x', 'x', undefined]);
  await expect(client.incr('a')).rejects.toThrow(CommandError);
  // Nobody is told that this one is refused; the one behind it is answered when that is known.
  void client.incr('a', 1, { noreply: true });
  await client.set('b', 'x');
  await expect(client.get('a', { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  const values = await scraped(metrics.registry);
  const of = (family: string, at: string, more = ''): number | undefined =>
    values.get(`wirewright_memcached_client_${family}{client="front",server="${at}"${more}}`);
  const seen = (at: string, gutter: string): unknown => ({
    up: of('up', at, gutter),
    calls: of('calls_total', at, gutter),
    hits: of('lookups_total', at, `${gutter},result="hit"`),
    misses: of('lookups_total', at, `${gutter},result="miss"`),
    failures: ['error', 'unanswered_error', 'timeout', 'abort', 'lost'].map((reason) =>
      of('failures_total', at, `${gutter},reason="${reason}"`),
    ),
    ejections: of('ejections_total', at, gutter),
    open: of('connections', at, `${gutter},state="open"`),
    connections: ['dialed', 'dial_failures', 'closed'].map((what) => of(`${what}_total`, at, gutter)),
  });
  const nothing = {
    up: 1,
    calls: 0,
    hits: 0,
    misses: 0,
    failures: [0, 0, 0, 0, 0],
    ejections: 0,
    open: 0,
    connections: [0, 0, 0],
  };
  expect(seen('127.0.0.1:1', ',gutter="false"')).toEqual({
    ...nothing,
    up: 0,
    calls: 1,
    failures: [0, 0, 0, 0, 1],
    ejections: 1,
    connections: [0, 1, 0],
  });
  expect(seen(name, ',gutter="false"')).toEqual(nothing);
  expect(seen(name, ',gutter="true"')).toEqual({
    ...nothing,
    calls: 8,
    hits: 2,
    misses: 1,
    failures: [1, 1, 0, 1, 0],
    open: 1,
    connections: [1, 0, 0],
  });
});

/** A key. */
function bytes(text: string): { buffer: Buffer; start: number; end: number } {
  const buffer = Buffer.from(text);
  return { buffer, start: 0, end: buffer.length };
}

/** A store of somebody else's, of which only the interface is known. */
function aside(): Store {
  const names = ['get', 'peek', 'store', 'delete', 'arithmetic', 'touch', 'claim', 'flush', 'items', 'tick'];
  return Object.fromEntries(names.map((name) => [name, () => undefined])) as unknown as Store;
}
