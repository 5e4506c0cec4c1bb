import { Counter, Gauge, type Metric, Registry, type RegistryContentType } from 'prom-client';

import { InvalidOptionError } from '../codec/errors.ts';
import { knownOptions } from '../codec/options.ts';
import { checkBuckets, DEFAULT_BUCKETS } from './buckets.ts';
import { LatencyMetric } from './latency-metric.ts';
import type { MetricFamily, Sample, ValueFamily } from './metric-family.ts';

/** Of either format. */
type AnyRegistry = Registry<RegistryContentType>;

/** Where the metrics go, and what they are called. */
export interface MetricsOptions {
  /** Where the metrics are registered: prom-client's own `register`, say. Default: a new registry. */
  readonly registry?: AnyRegistry | undefined;
  /** What the names begin with. Default `wirewright_`. */
  readonly prefix?: string | undefined;
  /** Upper bounds of the histograms, in seconds. Default: 25 µs to 10 s, in 16 steps. */
  readonly buckets?: readonly number[] | undefined;
}

/** Sources of a family, by name. */
type Sources = Map<string, object>;

/**
 * What servers, clients and whatever else counts have counted, as metrics for Prometheus. They are read when the registry is, and cost nothing
 * before.
 *
 * ```ts
 * const metrics = new Metrics().add('echo', server, serverMetrics);
 * http.createServer(async (_, response) => response.end(await metrics.registry.metrics())).listen(9100);
 * ```
 *
 * A source is kept until it is {@link remove | removed}, also when it is closed: what it has counted stays true.
 */
export class Metrics {
  /** What a scrape reads: `await metrics.registry.metrics()` is the text to answer with. */
  readonly registry: AnyRegistry;
  readonly #prefix: string;
  readonly #buckets: readonly number[];
  readonly #families = new Map<MetricFamily<never>, Sources>();

  /** @throws {InvalidOptionError} an option is unknown or out of range */
  constructor(options: MetricsOptions = {}) {
    knownOptions('new Metrics()', options, ['registry', 'prefix', 'buckets']);
    const { registry = new Registry(), prefix = 'wirewright_' } = options;
    if (typeof registry?.registerMetric !== 'function')
      throw new InvalidOptionError('registry must be a Registry of prom-client');
    if (typeof prefix !== 'string' || !/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix))
      throw new InvalidOptionError('prefix must be letters, digits, _ and :, and begin with no digit');
    this.registry = registry;
    this.#prefix = prefix;
    this.#buckets = checkBuckets(options.buckets ?? DEFAULT_BUCKETS);
  }

  /**
   * Adds a server, client or whatever else: its metrics are those of `families`, with a label that has this name. Families that nothing was
   * added with before are registered.
   *
   * @throws {InvalidOptionError} the name is none, or that of another source of one of the families; one of them cannot be read of the source,
   * or is there twice; or the registry has a metric of one of their names already. Then nothing is added
   */
  add<Source extends object>(name: string, source: Source, families: readonly MetricFamily<Source>[]): this {
    if (typeof name !== 'string' || name === '') throw new InvalidOptionError('metrics need the name of their source');
    if (!Array.isArray(families))
      throw new InvalidOptionError('add() takes the families of metrics: serverMetrics, say');
    if (new Set(families.map((family) => family.name)).size < families.length)
      throw new InvalidOptionError('add() takes each family once');
    for (const family of families) this.#check(name, source, family);
    const fresh = families.filter((family) => !this.#families.has(family)).map((family) => this.#make(family));
    for (const { sources, family, metric } of fresh) {
      this.registry.registerMetric(metric);
      this.#families.set(family, sources);
    }
    for (const family of families) this.#families.get(family)!.set(name, source);
    return this;
  }

  /** Forgets a server, client or whatever else, under all names that it has. Returns whether it was there. */
  remove(source: object): boolean {
    let found = false;
    for (const sources of this.#families.values())
      for (const [name, one] of sources) if (one === source) found = sources.delete(name);
    return found;
  }

  #check<Source extends object>(name: string, source: Source, family: MetricFamily<Source>): void {
    const sources = this.#families.get(family);
    const label = family.labels[0];
    if (sources === undefined && this.registry.getSingleMetric(this.#prefix + family.name) !== undefined)
      throw new InvalidOptionError(
        `the registry has ${this.#prefix}${family.name} already: use one Metrics for all, or another prefix`,
      );
    if (sources?.has(name) === true && sources.get(name) !== source)
      throw new InvalidOptionError(`another ${label} is called ${name} already`);
    if (!canRead(family, source))
      throw new InvalidOptionError(`${name} is no ${label} of which ${family.name} can be read`);
  }

  #make<Source>(family: MetricFamily<Source>): { sources: Sources; family: MetricFamily<Source>; metric: Metric } {
    const sources: Sources = new Map<string, object>();
    // Those that were added with the family.
    const typed = sources as Map<string, unknown> as ReadonlyMap<string, Source>;
    const name = this.#prefix + family.name;
    const metric =
      'latency' in family
        ? (new LatencyMetric(name, family, this.#buckets, typed) as unknown as Metric)
        : valueMetric(name, family, typed);
    return { sources, family, metric };
  }
}

function valueMetric<Source>(name: string, family: ValueFamily<Source>, sources: ReadonlyMap<string, Source>): Metric {
  const { help, labels } = family;
  const [label] = labels;
  const options = { name, help, labelNames: labels, registers: [] };
  const samples = function* samples(): Generator<[Record<string, string>, number]> {
    for (const [of, source] of sources)
      for (const [value, more] of samplesOf(family, source)) yield [{ [label]: of, ...more }, value];
  };
  if (!name.endsWith('_total'))
    return new Gauge({
      ...options,
      collect() {
        this.reset();
        for (const [labelled, value] of samples()) this.set(labelled, value);
      },
    });
  return new Counter({
    ...options,
    collect() {
      this.reset();
      for (const [labelled, value] of samples()) this.inc(labelled, value);
    },
  });
}

function samplesOf<Source>({ read }: ValueFamily<Source>, source: Source): readonly Sample[] {
  const values = read(source);
  return typeof values === 'number' ? [[values]] : values;
}

/** Whether a source has what a family is read of: better now than when a scrape fails. */
function canRead<Source>(family: MetricFamily<Source>, source: Source): boolean {
  try {
    if (!('latency' in family)) return samplesOf(family, source).every(([value]) => Number.isFinite(value));
    family.latency(source);
    return true;
  } catch {
    return false;
  }
}
