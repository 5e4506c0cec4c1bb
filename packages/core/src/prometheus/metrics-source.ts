import type { Histogram } from 'node:perf_hooks';

/** What metrics are read of: a server, client or pool, or anything that counts like one. */
export interface MetricsSource<Counters> {
  /** Read anew at each scrape. */
  readonly counters: Counters;
  /** A histogram of `node:perf_hooks`, in nanoseconds. */
  readonly latency?: Histogram | undefined;
}
