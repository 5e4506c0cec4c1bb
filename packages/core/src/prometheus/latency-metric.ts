import type { Histogram } from 'node:perf_hooks';

import { countUpTo } from './buckets.ts';
import type { LatencyFamily } from './metric-family.ts';

/** What a registry of prom-client asks of a metric. */
interface RegistryValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A Prometheus histogram, in seconds, of histograms of Node, in nanoseconds. It is computed when it is read. */
export class LatencyMetric<Source> {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #family: LatencyFamily<Source>;
  readonly #buckets: readonly number[];
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(
    name: string,
    family: LatencyFamily<Source>,
    buckets: readonly number[],
    sources: ReadonlyMap<string, Source>,
  ) {
    this.name = name;
    this.help = family.help;
    this.#family = family;
    this.#buckets = buckets;
    this.#sources = sources;
  }

  /** For the registry. */
  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const values = [...this.#sources].flatMap(([of, source]) => {
      const histogram = this.#family.latency(source);
      return typeof histogram?.percentile === 'function' ? this.#values(of, histogram) : [];
    });
    return { name, help, type, aggregator, values };
  }

  /** For the registry. The histograms belong to somebody else, and are not reset. */
  reset(): void {}

  #values(of: string, histogram: Histogram): RegistryValue[] {
    const labels = { [this.#family.labels[0]]: of };
    const { count } = histogram;
    const bucket = (le: number | '+Inf', value: number): RegistryValue => ({
      metricName: `${this.name}_bucket`,
      labels: { le, ...labels },
      value,
    });
    return [
      ...this.#buckets.map((bound) => bucket(bound, countUpTo(histogram, bound * 1e9))),
      bucket('+Inf', count),
      { metricName: `${this.name}_sum`, labels, value: count === 0 ? 0 : (histogram.mean * count) / 1e9 },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
