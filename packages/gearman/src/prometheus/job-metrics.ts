import { InvalidOptionError } from '@wirewright/core';
import { knownOptions } from '@wirewright/core/codec';
import { Counter, Gauge, Registry, type RegistryContentType } from 'prom-client';

import type { FunctionStatus } from '../server/function-status.ts';

type AnyRegistry = Registry<RegistryContentType>;

export interface JobMetricsOptions {
  /** Where the metrics are registered: that of `Metrics` of `@wirewright/core/prometheus`, say. Default: a new registry. */
  readonly registry?: AnyRegistry | undefined;
  /** What the names begin with. Default `wirewright_gearman_`. */
  readonly prefix?: string | undefined;
}

/** What metrics are read of: a `JobServer`. */
interface JobSource {
  readonly functions: readonly FunctionStatus[];
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Of one function. */
  read(status: FunctionStatus): readonly Sample[];
}

const MILLISECONDS = 1000;

const GAUGES: readonly Family[] = [
  {
    name: 'queued',
    help: 'Jobs that can be grabbed.',
    labels: ['priority'],
    read: ({ queued }) => Object.entries(queued).map(([priority, count]): Sample => [{ priority }, count]),
  },
  { name: 'running', help: 'Jobs at workers.', labels: [], read: ({ running }) => [[{}, running]] },
  {
    name: 'waiting',
    help: 'Jobs that wait for their time.',
    labels: [],
    read: ({ waiting }) => [[{}, waiting]],
  },
  { name: 'workers', help: 'Workers that do the function.', labels: [], read: ({ workers }) => [[{}, workers]] },
  { name: 'idle_workers', help: 'Workers of these that sleep.', labels: [], read: ({ idle }) => [[{}, idle]] },
  {
    name: 'oldest_seconds',
    help: 'Age of the oldest job that can be grabbed; 0 when there is none.',
    labels: [],
    read: ({ oldest }) => [[{}, oldest / MILLISECONDS]],
  },
];

const COUNTERS: readonly Family[] = [
  {
    name: 'submitted_total',
    help: 'Submits, by what came of them: a job, a part in one that there was, or an error.',
    labels: ['as'],
    read: ({ submitted, coalesced, refused }) => [
      [{ as: 'job' }, submitted],
      [{ as: 'coalesced' }, coalesced],
      [{ as: 'refused' }, refused],
    ],
  },
  {
    name: 'ended_total',
    help: 'Jobs that are over, by how they ended.',
    labels: ['how'],
    read: ({ completed, failed, cancelled }) => [
      [{ how: 'completed' }, completed],
      [{ how: 'failed' }, failed],
      [{ how: 'cancelled' }, cancelled],
    ],
  },
  {
    name: 'retried_total',
    help: 'Times that a job was given to a worker once more.',
    labels: [],
    read: ({ retried }) => [[{}, retried]],
  },
  {
    name: 'timed_out_total',
    help: 'Times that a worker was not done in time.',
    labels: [],
    read: ({ timedOut }) => [[{}, timedOut]],
  },
];

/**
 * How it stands with the functions of a job server, as metrics for Prometheus with the label `function`. They are read when the registry is,
 * and cost nothing before. Returns the registry.
 *
 * ```ts
 * const registry = jobMetrics(server);
 * http.createServer(async (_, response) => response.end(await registry.metrics())).listen(9100);
 * ```
 *
 * @throws {InvalidOptionError} an option is unknown, or the registry has metrics of such names already
 */
export function jobMetrics(server: JobSource, options: JobMetricsOptions = {}): AnyRegistry {
  knownOptions('jobMetrics()', options, ['registry', 'prefix']);
  const { registry = new Registry(), prefix = 'wirewright_gearman_' } = options;
  const taken = [...GAUGES, ...COUNTERS].find(({ name }) => registry.getSingleMetric(prefix + name) !== undefined);
  if (taken !== undefined)
    throw new InvalidOptionError(
      `the registry has ${prefix}${taken.name} already: use another prefix for another server`,
    );
  for (const family of GAUGES) {
    const gauge = new Gauge({
      ...configuration(family, prefix),
      collect() {
        this.reset();
        for (const [labels, value] of samples(server, family)) this.set(labels, value);
      },
    });
    registry.registerMetric(gauge);
  }
  for (const family of COUNTERS) {
    const counter = new Counter({
      ...configuration(family, prefix),
      collect() {
        this.reset();
        for (const [labels, value] of samples(server, family)) this.inc(labels, value);
      },
    });
    registry.registerMetric(counter);
  }
  return registry;
}

function configuration(
  { name, help, labels }: Family,
  prefix: string,
): { name: string; help: string; labelNames: string[]; registers: [] } {
  return { name: prefix + name, help, labelNames: ['function', ...labels], registers: [] };
}

function* samples({ functions }: JobSource, family: Family): Generator<Sample> {
  for (const status of functions)
    for (const [labels, value] of family.read(status)) yield [{ function: status.name, ...labels }, value];
}
