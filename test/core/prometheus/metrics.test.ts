import { createHistogram } from 'node:perf_hooks';

import { line, type Line } from '@wirewright/codec-line';
import { Client, ConnectionLostError, InvalidOptionError, Server } from '@wirewright/core';
import { Metrics } from '@wirewright/core/prometheus';
import { Counter, type OpenMetricsContentType, register, Registry, type RegistryContentType } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';

import { random } from '../../support/random.ts';

const closing: { destroy(): void }[] = [];

afterEach(() => {
  for (const one of closing.splice(0)) one.destroy();
});

/** The samples of a scrape, by what stands before the value. */
async function scraped(registry: Registry<RegistryContentType>): Promise<Map<string, number>> {
  const text = await registry.metrics();
  const lines = text.split('\n').filter((row) => row !== '' && !row.startsWith('#'));
  return new Map(
    lines.map((row) => {
      const cut = row.lastIndexOf(' ');
      return [row.slice(0, cut), Number(row.slice(cut + 1))];
    }),
  );
}

async function talked(messages: number): Promise<{ server: Server<string, Line>; client: Client<string, Line> }> {
  const server = new Server<string, Line>({ codec: line(), latency: true, maxConnections: 1 }).onRead(
    (connection, text) => connection.send(text),
  );
  const client = new Client<string, Line>({ codec: line() });
  closing.push(server, client);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const pool = client.pool({ port: server.port!, host: '127.0.0.1' }, { max: 1 });
  for (let i = 0; i < messages; i++) expect(await pool.request('hello', (text) => text)).toBe('hello');
  return { server, client };
}

describe('Metrics', () => {
  test('are what servers, clients and pools have counted', async () => {
    const { server, client } = await talked(7);
    const place = { port: server.port!, host: '127.0.0.1' };
    const pool = client.pool(place, { latency: true });
    // There is room for one connection only.
    await expect(pool.request('hello', (text) => text)).rejects.toThrow(ConnectionLostError);
    const metrics = new Metrics().server('echo', server).client('upstream', client).pool('second', pool);
    const values = await scraped(metrics.registry);
    const { accepted, refused, open, bytesIn, bytesOut, messagesIn, messagesOut } = server.counters;
    expect([accepted, bytesIn, messagesOut, refused > 0]).toEqual([1, 42, 7, true]);
    expect(Object.fromEntries(values)).toMatchObject({
      'wirewright_server_accepted_total{server="echo"}': accepted,
      'wirewright_server_refused_total{server="echo"}': refused,
      'wirewright_server_connections{server="echo"}': open,
      'wirewright_server_bytes_total{server="echo",direction="in"}': bytesIn,
      'wirewright_server_bytes_total{server="echo",direction="out"}': bytesOut,
      'wirewright_server_messages_total{server="echo",direction="in"}': messagesIn,
      'wirewright_server_messages_total{server="echo",direction="out"}': messagesOut,
      'wirewright_client_messages_total{client="upstream",direction="in"}': 7,
      'wirewright_pool_connections{pool="second",state="open"}': pool.counters.open,
      'wirewright_pool_dialed_total{pool="second"}': pool.counters.dialed,
      'wirewright_server_hook_seconds_count{server="echo"}': 7,
      'wirewright_server_hook_seconds_bucket{le="+Inf",server="echo"}': 7,
      'wirewright_server_hook_seconds_bucket{le="10",server="echo"}': 7,
    });
    expect(values.get('wirewright_server_hook_seconds_sum{server="echo"}')).toBeGreaterThan(0);
  });

  test('are read anew for each scrape, reasons of closing included, and stay when the server is closed', async () => {
    const { server, client } = await talked(1);
    const { registry } = new Metrics().server('echo', server);
    const closed = 'wirewright_server_closed_total{server="echo",reason="peer"}';
    expect((await scraped(registry)).has(closed)).toBe(false);
    await client.close();
    await expect.poll(() => server.counters.open).toBe(0);
    await server.close();
    const values = await scraped(registry);
    expect([values.get(closed), values.get('wirewright_server_connections{server="echo"}')]).toEqual([1, 0]);
  });

  test('of several sources stand side by side, until they are removed', async () => {
    const a = new Server({ codec: line() });
    const b = new Server({ codec: line() });
    const metrics = new Metrics({ prefix: 'app_' }).server('a', a).server('b', b).client('a', new Client());
    expect([...(await scraped(metrics.registry)).keys()].filter((key) => key.includes('accepted'))).toEqual([
      'app_server_accepted_total{server="a"}',
      'app_server_accepted_total{server="b"}',
    ]);
    expect([metrics.remove(a), metrics.remove(a)]).toEqual([true, false]);
    expect([...(await scraped(metrics.registry)).keys()].filter((key) => key.includes('accepted'))).toEqual([
      'app_server_accepted_total{server="b"}',
    ]);
    metrics.server('a', a);
  });

  test('of a source that was added under several names are all removed with it', async () => {
    const server = new Server({ codec: line() });
    const metrics = new Metrics().server('a', server).server('b', server).client('c', server);
    expect(metrics.remove(server)).toBe(true);
    expect([...(await scraped(metrics.registry)).keys()].filter((key) => key.includes('connections'))).toEqual([]);
  });

  test('go into a registry all or none', () => {
    const registry = new Registry();
    const theirs = new Counter({ name: 'wirewright_pool_closed_total', help: 'x', registers: [registry] });
    const make = (): unknown => new Metrics({ registry });
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(/wirewright_pool_closed_total already/);
    expect(registry.getMetricsAsArray()).toEqual([theirs]);
    const second = new Registry();
    const first = new Metrics({ registry: second });
    expect(() => new Metrics({ registry: first.registry })).toThrow(InvalidOptionError);
    expect(new Metrics({ registry: second, prefix: 'other_' }).registry).toBe(second);
  });

  test('say nothing of a latency that somebody else records', async () => {
    const latency = { record: () => {}, percentile: () => 1 };
    const { registry } = new Metrics().server('x', new Server({ codec: line(), latency }));
    const values = await scraped(registry);
    expect([...values.keys()].filter((key) => key.includes('hook_seconds'))).toEqual([]);
    expect(values.get('wirewright_server_accepted_total{server="x"}')).toBe(0);
  });

  test('take what has the counters of its kind', () => {
    const metrics = new Metrics();
    const client = new Client<string, Line>({ codec: line() });
    // @ts-expect-error a client does not accept
    expect(metrics.server('x', client)).toBe(metrics);
    // @ts-expect-error a pool has other counters
    expect(metrics.client('y', client.pool({ port: 1 }))).toBe(metrics);
    metrics.client('z', client).pool('z', client.pool({ port: 1 }));
    closing.push(client);
  });

  test('go into the registry of prom-client, and into one of OpenMetrics', async () => {
    new Metrics({ registry: register, prefix: 'shared_' }).server('echo', new Server({ codec: line() }));
    expect((await scraped(register)).get('shared_server_accepted_total{server="echo"}')).toBe(0);
    register.clear();
    const { server } = await talked(1);
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    new Metrics({ registry }).server('echo', server);
    const text = await registry.metrics();
    expect(text).toContain('wirewright_server_accepted_total{server="echo"} 1\n');
    expect(text).toContain('# TYPE wirewright_server_hook_seconds histogram\n');
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  test('count a latency in its bucket, to a hundredth, and never lose one', async () => {
    const latency = createHistogram({ lowest: 1, highest: 3_600_000_000_000, figures: 2 });
    const buckets = [0.000_001, 0.000_1, 0.01, 1, 100];
    const { registry } = new Metrics({ buckets }).server('x', { counters: new Server().counters, latency });
    const next = random(1);
    const recorded: number[] = [];
    let before: number[] = [];
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 200; i++) {
        const value = Math.ceil(Math.exp(next() * 27));
        // None so near to a bound that the histogram could not tell.
        if (buckets.some((bound) => Math.abs(value / (bound * 1e9) - 1) < 0.02)) continue;
        recorded.push(value);
        latency.record(value);
      }
      const values = await scraped(registry);
      const counts = buckets.map((le) => values.get(`wirewright_server_hook_seconds_bucket{le="${le}",server="x"}`)!);
      expect(counts).toEqual(buckets.map((bound) => recorded.filter((value) => value <= bound * 1e9).length));
      expect(values.get('wirewright_server_hook_seconds_count{server="x"}')).toBe(recorded.length);
      const sum = values.get('wirewright_server_hook_seconds_sum{server="x"}')! * 1e9;
      expect(sum / recorded.reduce((total, value) => total + value)).toBeCloseTo(1, 1);
      expect(counts.every((count, i) => count >= (before[i] ?? 0))).toBe(true);
      before = counts;
    }
  });

  test('of nothing are zero', async () => {
    const { registry } = new Metrics().server('quiet', new Server({ latency: true }));
    const values = await scraped(registry);
    expect(values.get('wirewright_server_hook_seconds_sum{server="quiet"}')).toBe(0);
    expect(values.get('wirewright_server_hook_seconds_bucket{le="0.001",server="quiet"}')).toBe(0);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['an unknown option', () => new Metrics({ name: 'x' } as never), /no option 'name'/],
    ['a registry that is none', () => new Metrics({ registry: {} as never }), /registry must be/],
    ['a prefix that is no name', () => new Metrics({ prefix: '1-' }), /prefix must be/],
    ['buckets that do not grow', () => new Metrics({ buckets: [2, 1] }), /buckets must be/],
    ['no buckets', () => new Metrics({ buckets: [] }), /buckets must be/],
    [
      'a name that is taken',
      () => new Metrics().server('a', new Server()).server('a', new Server()),
      /called a already/,
    ],
    ['no name', () => new Metrics().pool('', {} as never), /needs a name/],
    ['what counts nothing', () => new Metrics().client('a', {} as never), /has no counters/],
  ])('refuse %s', (_, make, message) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });
});
