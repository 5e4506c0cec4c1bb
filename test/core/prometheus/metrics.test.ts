import { createHistogram } from 'node:perf_hooks';

import { line, type Line } from '@wirewright/codec-line';
import { Client, ConnectionLostError, InvalidOptionError, Server } from '@wirewright/core';
import { clientMetrics, type MetricFamily, Metrics, poolMetrics, serverMetrics } from '@wirewright/core/prometheus';
import { Counter, type OpenMetricsContentType, register, Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';

import { random } from '../../support/random.ts';
import { scraped } from '../../support/scraped.ts';

const closing: { destroy(): void }[] = [];

afterEach(() => {
  for (const one of closing.splice(0)) one.destroy();
});

async function talked(messages: number): Promise<{ server: Server<string, Line>; client: Client<string, Line> }> {
  const server = new Server<string, Line>({ codec: line(), latency: true, maxConnections: 1 }).onRead(
    (connection, text) => connection.send(text),
  );
  const client = new Client<string, Line>({ codec: line() });
  closing.push(server, client);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const pool = client.pool({ port: server.port!, host: '127.0.0.1' }, { maxConnections: 1 });
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
    const metrics = new Metrics()
      .add('echo', server, serverMetrics)
      .add('upstream', client, clientMetrics)
      .add('second', pool, poolMetrics);
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
    const { registry } = new Metrics().add('echo', server, serverMetrics);
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
    const metrics = new Metrics({ prefix: 'app_' })
      .add('a', a, serverMetrics)
      .add('b', b, serverMetrics)
      .add('a', new Client(), clientMetrics);
    expect([...(await scraped(metrics.registry)).keys()].filter((key) => key.includes('accepted'))).toEqual([
      'app_server_accepted_total{server="a"}',
      'app_server_accepted_total{server="b"}',
    ]);
    expect([metrics.remove(a), metrics.remove(a)]).toEqual([true, false]);
    expect([...(await scraped(metrics.registry)).keys()].filter((key) => key.includes('accepted'))).toEqual([
      'app_server_accepted_total{server="b"}',
    ]);
    metrics.add('a', a, serverMetrics);
  });

  test('of a source that was added under several names are all removed with it', async () => {
    const server = new Server({ codec: line() });
    const metrics = new Metrics()
      .add('a', server, serverMetrics)
      .add('b', server, serverMetrics)
      .add('c', server, clientMetrics);
    expect(metrics.remove(server)).toBe(true);
    expect([...(await scraped(metrics.registry)).keys()].filter((key) => key.includes('connections'))).toEqual([]);
  });

  test('go into a registry all or none', async () => {
    const registry = new Registry();
    const theirs = new Counter({ name: 'wirewright_server_closed_total', help: 'x', registers: [registry] });
    const metrics = new Metrics({ registry });
    const server = new Server({ codec: line() });
    const add = (): unknown => metrics.add('echo', server, serverMetrics);
    expect(add).toThrow(InvalidOptionError);
    expect(add).toThrow(/wirewright_server_closed_total already/);
    expect(registry.getMetricsAsArray()).toEqual([theirs]);
    expect(metrics.remove(server)).toBe(false);
    registry.removeSingleMetric('wirewright_server_closed_total');
    add();
    const second = new Metrics({ registry });
    expect(() => second.add('other', server, serverMetrics)).toThrow(/has wirewright_server_accepted_total already/);
    const other = new Metrics({ registry, prefix: 'other_' }).add('other', server, serverMetrics);
    expect((await scraped(other.registry)).get('other_server_accepted_total{server="other"}')).toBe(0);
  });

  test('are registered with the first source that has them', () => {
    const metrics = new Metrics();
    expect(metrics.registry.getMetricsAsArray()).toEqual([]);
    metrics.add('a', new Client(), clientMetrics);
    expect(metrics.registry.getMetricsAsArray().length).toBe(clientMetrics.length);
    metrics.add('b', new Client(), clientMetrics);
    expect(metrics.registry.getMetricsAsArray().length).toBe(clientMetrics.length);
  });

  test('of a server that has more of its own are added together, or on top', async () => {
    const depth: readonly MetricFamily<{ readonly depth: number }>[] = [
      { name: 'deep_level', help: 'How deep it is.', labels: ['server'], read: (source) => source.depth },
    ];
    const deep = Object.assign(new Server({ codec: line() }), { depth: 3 });
    const deeper = Object.assign(new Server({ codec: line() }), { depth: 4 });
    const metrics = new Metrics().add('deep', deep, [...serverMetrics, ...depth]);
    metrics.add('deeper', deeper, serverMetrics).add('deeper', deeper, [...serverMetrics, ...depth]);
    const values = await scraped(metrics.registry);
    expect([...values].filter(([key]) => /deep_level|accepted/.test(key))).toEqual([
      ['wirewright_server_accepted_total{server="deep"}', 0],
      ['wirewright_server_accepted_total{server="deeper"}', 0],
      ['wirewright_deep_level{server="deep"}', 3],
      ['wirewright_deep_level{server="deeper"}', 4],
    ]);
    expect([metrics.remove(deep), metrics.remove(deep)]).toEqual([true, false]);
    expect([...(await scraped(metrics.registry)).keys()].filter((key) => key.includes('"deep"'))).toEqual([]);
  });

  test('say nothing of a latency that somebody else records', async () => {
    const latency = { record: () => {}, percentile: () => 1 };
    const { registry } = new Metrics().add('x', new Server({ codec: line(), latency }), serverMetrics);
    const values = await scraped(registry);
    expect([...values.keys()].filter((key) => key.includes('hook_seconds'))).toEqual([]);
    expect(values.get('wirewright_server_accepted_total{server="x"}')).toBe(0);
  });

  test('take what has the counters of its kind', () => {
    const metrics = new Metrics();
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const pool = client.pool({ port: 1 });
    // @ts-expect-error a client does not accept
    expect(() => metrics.add('x', client, serverMetrics)).toThrow(/x is no server of which server_accepted_total/);
    // @ts-expect-error a pool has other counters
    expect(() => metrics.add('y', pool, clientMetrics)).toThrow(/y is no client of which client_bytes_total/);
    expect(metrics.registry.getMetricsAsArray()).toEqual([]);
    metrics.add('z', client, clientMetrics).add('z', pool, poolMetrics);
  });

  test('go into the registry of prom-client, and into one of OpenMetrics', async () => {
    new Metrics({ registry: register, prefix: 'shared_' }).add('echo', new Server({ codec: line() }), serverMetrics);
    expect((await scraped(register)).get('shared_server_accepted_total{server="echo"}')).toBe(0);
    register.clear();
    const { server } = await talked(1);
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    new Metrics({ registry }).add('echo', server, serverMetrics);
    const text = await registry.metrics();
    expect(text).toContain('wirewright_server_accepted_total{server="echo"} 1\n');
    expect(text).toContain('# TYPE wirewright_server_hook_seconds histogram\n');
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  test('count a latency in its bucket, to a hundredth, and never lose one', async () => {
    const latency = createHistogram({ lowest: 1, highest: 3_600_000_000_000, figures: 2 });
    const buckets = [0.000_001, 0.000_1, 0.01, 1, 100];
    const { registry } = new Metrics({ buckets }).add('x', { counters: new Server().counters, latency }, serverMetrics);
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
    const { registry } = new Metrics().add('quiet', new Server({ latency: true }), serverMetrics);
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
      () => new Metrics().add('a', new Server(), serverMetrics).add('a', new Server(), serverMetrics),
      /called a already/,
    ],
    ['no name', () => new Metrics().add('', new Client(), clientMetrics), /name of their source/],
    ['what counts nothing', () => new Metrics().add('a', {} as never, clientMetrics), /a is no client of which/],
    ['nothing at all', () => new Metrics().add('a', undefined as never, clientMetrics), /a is no client of which/],
    ['no families', () => new Metrics().add('a', new Client(), undefined as never), /takes the families/],
    [
      'a family that is there twice',
      () => new Metrics().add('a', new Client(), [...clientMetrics, ...clientMetrics]),
      /each family once/,
    ],
  ])('refuse %s', (_, make, message) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });
});
