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
   * @throws {InvalidOptionError} an option is unknown or out of range
   * @throws (Error of prom-client) the registry has metrics of these names already: use one of these for all
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
    this.#servers.register(registry, prefix, SERVER_FAMILIES);
    this.#servers.registerLatency(registry, prefix, buckets, 'hook_seconds', 'How long onRead took, until it settled.');
    this.#clients.register(registry, prefix, CLIENT_FAMILIES);
    this.#pools.register(registry, prefix, POOL_FAMILIES);
    this.#pools.registerLatency(registry, prefix, buckets, 'reply_seconds', 'How long replies took.');
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

  /** Forgets a server, client or pool. Returns whether it was there. */
  remove(source: MetricsSource<unknown>): boolean {
    return [this.#servers, this.#clients, this.#pools].map((sources) => sources.remove(source)).includes(true);
  }
}

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
    for (const [name, one] of this.#byName) if (one === source) return this.#byName.delete(name);
    return false;
  }

  register(registry: AnyRegistry, prefix: string, families: readonly Family<Counters>[]): void {
    const kind = this.#kind;
    const byName = this.#byName;
    for (const { name, help, labels, read } of families) {
      const options = {
        name: `${prefix}${kind}_${name}`,
        help,
        labelNames: [kind, ...labels],
        registers: [registry as Registry],
      };
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
        void counter;
      } else {
        const gauge = new Gauge({
          ...options,
          collect() {
            this.reset();
            for (const [labelled, value] of samples()) this.set(labelled, value);
          },
        });
        void gauge;
      }
    }
  }

  registerLatency(registry: AnyRegistry, prefix: string, buckets: readonly number[], name: string, help: string): void {
    const byName = this.#byName;
    const histograms = function* histograms(): Generator<[string, Histogram]> {
      for (const [of, { latency }] of byName) if (typeof latency?.percentile === 'function') yield [of, latency];
    };
    const metric = new LatencyMetric(`${prefix}${this.#kind}_${name}`, help, this.#kind, buckets, histograms);
    registry.registerMetric(metric as unknown as Metric);
  }
}
