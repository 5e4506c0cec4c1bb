import type { Histogram } from 'node:perf_hooks';

import { countUpTo } from './buckets.ts';

/** What a registry of prom-client asks of a metric. */
interface RegistryValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A Prometheus histogram, in seconds, of histograms of Node, in nanoseconds. It is computed when it is read. */
export class LatencyMetric {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #label: string;
  readonly #buckets: readonly number[];
  readonly #histograms: () => Iterable<readonly [name: string, histogram: Histogram]>;

  /** @param label the label that has the name of each histogram */
  constructor(
    name: string,
    help: string,
    label: string,
    buckets: readonly number[],
    histograms: () => Iterable<readonly [name: string, histogram: Histogram]>,
  ) {
    this.name = name;
    this.help = help;
    this.#label = label;
    this.#buckets = buckets;
    this.#histograms = histograms;
  }

  /** For the registry. */
  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const values = Array.from(this.#histograms(), ([of, histogram]) => this.#values(of, histogram)).flat();
    return { name, help, type, aggregator, values };
  }

  /** For the registry. The histograms belong to somebody else, and are not reset. */
  reset(): void {}

  #values(of: string, histogram: Histogram): RegistryValue[] {
    const labels = { [this.#label]: of };
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
