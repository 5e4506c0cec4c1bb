import type { Histogram } from 'node:perf_hooks';

/** One value of a family, with the labels that it has besides the name of its source. */
export type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];

/** What one metric is, for all that it can be read of. */
interface Family {
  /** Without the prefix of {@link Metrics}. What ends in `_total` is a counter, and everything else a gauge. */
  readonly name: string;
  /** What it counts, in a sentence: its `# HELP` line. */
  readonly help: string;
}

/** A counter or a gauge. */
export interface ValueFamily<Source> extends Family {
  /** The first one has the name of the source, `server` say; then those that {@link read} gives. */
  readonly labels: readonly [string, ...string[]];
  /** In base units: seconds, bytes. A number is one value without further labels. */
  readonly read: (source: Source) => number | readonly Sample[];
}

/** A histogram, in seconds. */
export interface LatencyFamily<Source> extends Family {
  /** Has the name of the source. */
  readonly labels: readonly [string];
  /** A histogram of `node:perf_hooks`, in nanoseconds; undefined if the source has none. */
  readonly latency: (source: Source) => Histogram | undefined;
}

/**
 * What one metric is, and how it is read of a source, when the registry is. The object itself is what tells families apart: one that is
 * added with several sources is one metric.
 */
export type MetricFamily<Source> = ValueFamily<Source> | LatencyFamily<Source>;
