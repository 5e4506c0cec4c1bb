export type { LatencyFamily, MetricFamily, Sample, ValueFamily } from './metric-family.ts';
export type { MetricsOptions } from './metrics.ts';
export type { MetricsSource } from './metrics-source.ts';

export { clientMetrics } from './client-metrics.ts';
export { Metrics } from './metrics.ts';
export { poolMetrics } from './pool-metrics.ts';
export { serverMetrics } from './server-metrics.ts';
