/*
 * What servers and clients have counted, for Prometheus: an echo server, a memcached server, some traffic, and a scrape over HTTP.
 *
 *   node examples/dist/metrics.js
 *
 * With --port the echo server serves on, for `curl http://localhost:9100/metrics`:
 *
 *   node examples/dist/metrics.js --port 9991 --metrics-port 9100
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

import { line } from '@wirewright/codec-line';
import { Client, Server } from '@wirewright/core';
import { clientMetrics, type MetricFamily, Metrics, poolMetrics, serverMetrics } from '@wirewright/core/prometheus';
import { MemcachedClient, MemcachedServer } from '@wirewright/memcached';
import { memcachedClientMetrics, memcachedServerMetrics } from '@wirewright/memcached/prometheus';

import { run } from './run.ts';

/** What only this program counts. */
const echoMetrics: readonly MetricFamily<{ readonly longest: number }>[] = [
  { name: 'echo_longest_bytes', help: 'The longest line.', labels: ['server'], read: ({ longest }) => longest },
];

await run(async () => {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, 'metrics-port': { type: 'string', default: '0' } },
  });

  const lines = { longest: 0 };
  const server = new Server({ codec: line(), latency: true }).onRead((connection, text) => {
    lines.longest = Math.max(lines.longest, text.length);
    connection.send(text);
  });
  await server.listen({ port: Number(values.port ?? 0), host: '127.0.0.1' });
  const place = { port: server.port!, host: '127.0.0.1' };

  const metrics = new Metrics().add('echo', server, serverMetrics);
  const http = createServer((_request, response) => {
    response.setHeader('content-type', metrics.registry.contentType);
    void metrics.registry.metrics().then((text) => response.end(text));
  });
  metrics.add('echo', lines, echoMetrics);
  await once(http.listen(Number(values['metrics-port']), '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/metrics`;

  if (values.port !== undefined) {
    server.closeOnSignals();
    void server.closed.then(() => http.close());
    console.log(`listening on 127.0.0.1:${server.port}, metrics at ${url}`);
    return;
  }

  const client = new Client({ codec: line() });
  const pool = client.pool(place, { latency: true });
  metrics.add('upstream', client, clientMetrics).add('upstream', pool, poolMetrics);
  await Promise.all(Array.from({ length: 1000 }, (_, i) => pool.request(`line ${i}`, (text) => text)));

  const memcached = new MemcachedServer();
  await memcached.listen({ port: 0, host: '127.0.0.1' });
  const cache = new MemcachedClient(`127.0.0.1:${memcached.port}`);
  metrics.add('cache', memcached, memcachedServerMetrics).add('cache', cache, memcachedClientMetrics);
  await cache.set('greeting', 'hello');
  await cache.getMany(['greeting', 'farewell']);

  const scrape = await (await fetch(url)).text();
  // The help texts, most of the buckets and what did not happen left out.
  const shown = scrape
    .split('\n')
    .filter((row) => !row.startsWith('#') && !/_bucket\{le="[\d.]+"/.test(row) && !/(^| 0)$/.test(row));
  console.log(shown.join('\n'));

  await Promise.all([cache.close(), client.close()]);
  await Promise.all([memcached.close(), server.close()]);
  http.close();
  http.closeAllConnections();
});
