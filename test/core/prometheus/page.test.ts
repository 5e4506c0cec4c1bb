import { readFileSync } from 'node:fs';

import { Client, Server } from '@wirewright/core';
import { clientMetrics, Metrics, poolMetrics, serverMetrics } from '@wirewright/core/prometheus';
import { memoryPlace } from '@wirewright/core/testing';
import { GearmanClient, JobServer, Worker } from '@wirewright/gearman';
import { gearmanClientMetrics, jobServerMetrics, workerMetrics } from '@wirewright/gearman/prometheus';
import { MemcachedClient, MemcachedServer } from '@wirewright/memcached';
import { memcachedClientMetrics, memcachedServerMetrics } from '@wirewright/memcached/prometheus';
import { QuasizeroClient, QuasizeroServer } from '@wirewright/quasizero';
import { expect, onTestFinished, test } from 'vitest';

import { scraped } from '../../support/scraped.ts';

/** A metric as the page has it. */
interface Row {
  readonly name: string;
  readonly labels: readonly string[];
  readonly help: string;
  /** The values of labels, of those where the page lists them. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

function rowsOfPage(): Row[] {
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  return [...page.matchAll(/^\| `(wirewright_\w+)` +\| (.*?) +\| (.*?) +\|$/gm)].map(([, name, labels, help]) => {
    const listed = [...labels!.matchAll(/`(\w+)`(?: \((.*?)\))?/g)];
    const values = listed.filter(([, , list]) => list !== undefined);
    return {
      name: name!,
      labels: listed.map(([, label]) => label!),
      help: help!,
      values: Object.fromEntries(values.map(([, label, list]) => [label!, list!.replaceAll('`', '').split(', ')])),
    };
  });
}

/** One of everything that there are metrics of, in the order of the page. */
async function metricsOfAll(): Promise<Metrics> {
  const client = new Client();
  const jobs = new JobServer();
  const producer = new GearmanClient(memoryPlace(jobs));
  onTestFinished(() => {
    producer.destroy();
    jobs.destroy();
  });
  await producer.submit('f', '', { background: true });
  return new Metrics()
    .add('echo', new Server({ latency: true }), serverMetrics)
    .add('commands', new QuasizeroServer({}), serverMetrics)
    .add('upstream', client, clientMetrics)
    .add('upstream', client.pool({ port: 1 }, { latency: true }), poolMetrics)
    .add('commands', new QuasizeroClient({ port: 1 }), poolMetrics)
    .add('cache', new MemcachedServer(), memcachedServerMetrics)
    .add('cache', new MemcachedClient('127.0.0.1:1'), memcachedClientMetrics)
    .add('jobs', jobs, jobServerMetrics)
    .add('jobs', producer, gearmanClientMetrics)
    .add('jobs', new Worker('127.0.0.1:1'), workerMetrics);
}

test('the page of metrics has every metric, with its labels, their values and what it is, and no other', async () => {
  const { registry } = await metricsOfAll();
  const families = [
    ...new Set([
      ...serverMetrics,
      ...clientMetrics,
      ...poolMetrics,
      ...memcachedServerMetrics,
      ...memcachedClientMetrics,
      ...jobServerMetrics,
      ...gearmanClientMetrics,
      ...workerMetrics,
    ]),
  ];
  const rows = rowsOfPage();
  const told = families.map(({ name, labels, help }) => ({ name: `wirewright_${name}`, labels, help }));
  expect(rows.map(({ name, labels, help }) => ({ name, labels, help }))).toEqual(told);
  const registered = (await registry.getMetricsAsJSON()).map(({ name, help }) => ({ name, help }));
  expect(registered).toEqual(told.map(({ name, help }) => ({ name, help })));
  const samples = [...(await scraped(registry)).keys()];
  for (const { name, values } of rows)
    for (const [label, listed] of Object.entries(values)) {
      const of = samples.filter((sample) => sample.startsWith(`${name}{`));
      const seen = of.map((sample) => new RegExp(`[{,]${label}="(.*?)"`).exec(sample)![1]!);
      expect([name, label, new Set(seen)]).toEqual([name, label, new Set(listed)]);
    }
});

test('names are as Prometheus and OpenMetrics have them', async () => {
  const metrics = await (await metricsOfAll()).registry.getMetricsAsJSON();
  const counters = metrics.filter(({ type }) => String(type) === 'counter').map(({ name }) => name);
  const others = metrics.map(({ name }) => name).filter((name) => !counters.includes(name));
  expect(counters.filter((name) => !name.endsWith('_total'))).toEqual([]);
  expect(others.filter((name) => /_(total|count|sum|bucket|ms|milliseconds)$/.test(name))).toEqual([]);
  // In OpenMetrics a counter goes by its name without `_total`.
  expect(counters.filter((name) => others.includes(name.slice(0, -'_total'.length)))).toEqual([]);
});
