import type { Histogram } from 'node:perf_hooks';

import { Counter, Gauge, type Metric, Registry, type RegistryContentType } from 'prom-client';

import type { PoolCounters } from '../client/pool.ts';
import { InvalidOptionError } from '../codec/errors.ts';
import { knownOptions } from '../codec/options.ts';
import type { TrafficCounters } from '../observe/traffic.ts';
import type { ServerCounters } from '../server/server.ts';
import { checkBuckets, DEFAULT_BUCKETS } from './buckets.ts';
import { CLIENT_FAMILIES, type Family, POOL_FAMILIES, SERVER_FAMILIES } from './families.ts';
import { LatencyMetric } from './latency-metric.ts';

/** Of either format. */
type AnyRegistry = Registry<RegistryContentType>;

export interface MetricsOptions {
  /** Where the metrics are registered: prom-client's own `register`, say. Default: a new registry. */
  readonly registry?: AnyRegistry | undefined;
  /** What the names begin with. Default `wirewright_`. */
  readonly prefix?: string | undefined;
  /** Upper bounds of the histograms, in seconds. Default: 25 µs to 10 s, in 16 steps. */
  readonly buckets?: readonly number[] | undefined;
}

/** What metrics are read of: a server, client or pool, or anything that counts like one. */
export interface MetricsSource<Counters> {
  readonly counters: Counters;
  /** A histogram of `node:perf_hooks`, in nanoseconds. */
  readonly latency?: Histogram | undefined;
}

/**
 * The counters and histograms of servers, clients and pools as metrics for Prometheus. They are read when the registry is, and cost
 * nothing before.
 *
 * ```ts
 * const metrics = new Metrics().server('echo', server);
 * http.createServer(async (_, response) => response.end(await metrics.registry.metrics())).listen(9100);
 * ```
 *
 * A source is kept until it is {@link remove | removed}, also when it is closed: what it has counted stays true.
 */
export class Metrics {
  readonly registry: AnyRegistry;
  readonly #servers = new Sources<ServerCounters>('server');
  readonly #clients = new Sources<TrafficCounters>('client');
  readonly #pools = new Sources<PoolCounters>('pool');

  /**
   * @throws {InvalidOptionError} an option is unknown or out of range, or the registry has a metric of one of these names already: then
   * none is registered
   */
  constructor(options: MetricsOptions = {}) {
    knownOptions('new Metrics()', options, ['registry', 'prefix', 'buckets']);
    const { registry = new Registry(), prefix = 'wirewright_' } = options;
    if (typeof registry?.registerMetric !== 'function')
      throw new InvalidOptionError('registry must be a Registry of prom-client');
    if (typeof prefix !== 'string' || !/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix))
      throw new InvalidOptionError('prefix must be letters, digits, _ and :, and begin with no digit');
    const buckets = checkBuckets(options.buckets ?? DEFAULT_BUCKETS);
    this.registry = registry;
    const metrics = [
      ...this.#servers.metrics(prefix, SERVER_FAMILIES),
      this.#servers.latency(prefix, buckets, 'hook_seconds', 'How long onRead took, until it settled.'),
      ...this.#clients.metrics(prefix, CLIENT_FAMILIES),
      ...this.#pools.metrics(prefix, POOL_FAMILIES),
      this.#pools.latency(prefix, buckets, 'reply_seconds', 'How long replies took.'),
    ];
    const taken = metrics.find(([name]) => registry.getSingleMetric(name) !== undefined);
    if (taken !== undefined)
      throw new InvalidOptionError(`the registry has ${taken[0]} already: use one Metrics for all, or another prefix`);
    for (const [, metric] of metrics) registry.registerMetric(metric);
  }

  /**
   * Adds a server; its metrics have the label `server` with this name.
   *
   * @throws {InvalidOptionError} another server has the name, or it is none
   */
  server(name: string, server: MetricsSource<ServerCounters>): this {
    this.#servers.add(name, server);
    return this;
  }

  /**
   * Adds a client, with the label `client`.
   *
   * @throws {InvalidOptionError} another client has the name, or it is none
   */
  client(name: string, client: MetricsSource<TrafficCounters>): this {
    this.#clients.add(name, client);
    return this;
  }

  /**
   * Adds a pool, with the label `pool`.
   *
   * @throws {InvalidOptionError} another pool has the name, or it is none
   */
  pool(name: string, pool: MetricsSource<PoolCounters>): this {
    this.#pools.add(name, pool);
    return this;
  }

  /** Forgets a server, client or pool, under all names that it has. Returns whether it was there. */
  remove(source: MetricsSource<unknown>): boolean {
    return [this.#servers, this.#clients, this.#pools].map((sources) => sources.remove(source)).includes(true);
  }
}

/** A metric that no registry has yet; prom-client's types tell no names. */
type Named = readonly [name: string, metric: Metric];

/** The sources of one kind, by name. */
class Sources<Counters> {
  readonly #kind: string;
  readonly #byName = new Map<string, MetricsSource<Counters>>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  add(name: string, source: MetricsSource<Counters>): void {
    if (typeof name !== 'string' || name === '')
      throw new InvalidOptionError(`a ${this.#kind} needs a name for its metrics`);
    if (typeof (source as Partial<typeof source> | null)?.counters !== 'object')
      throw new InvalidOptionError(`${name} has no counters, as a ${this.#kind} has`);
    if (this.#byName.has(name)) throw new InvalidOptionError(`another ${this.#kind} is called ${name} already`);
    this.#byName.set(name, source);
  }

  remove(source: MetricsSource<unknown>): boolean {
    const before = this.#byName.size;
    for (const [name, one] of this.#byName) if (one === source) this.#byName.delete(name);
    return this.#byName.size < before;
  }

  metrics(prefix: string, families: readonly Family<Counters>[]): Named[] {
    const kind = this.#kind;
    const byName = this.#byName;
    return families.map(({ name, help, labels, read }) => {
      const options = { name: `${prefix}${kind}_${name}`, help, labelNames: [kind, ...labels], registers: [] };
      const samples = function* samples(): Generator<[Record<string, string>, number]> {
        for (const [of, { counters }] of byName)
          for (const [value, more] of read(counters)) yield [{ [kind]: of, ...more }, value];
      };
      if (name.endsWith('_total')) {
        const counter = new Counter({
          ...options,
          collect() {
            this.reset();
            for (const [labelled, value] of samples()) this.inc(labelled, value);
          },
        });
        return [options.name, counter];
      }
      const gauge = new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const [labelled, value] of samples()) this.set(labelled, value);
        },
      });
      return [options.name, gauge];
    });
  }

  latency(prefix: string, buckets: readonly number[], name: string, help: string): Named {
    const byName = this.#byName;
    const histograms = function* histograms(): Generator<[string, Histogram]> {
      for (const [of, { latency }] of byName) if (typeof latency?.percentile === 'function') yield [of, latency];
    };
    const metric = new LatencyMetric(`${prefix}${this.#kind}_${name}`, help, this.#kind, buckets, histograms);
    return [metric.name, metric as unknown as Metric];
  }
}
