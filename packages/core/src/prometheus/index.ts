export type { MetricsOptions, MetricsSource } from './metrics.ts';

export { Metrics } from './metrics.ts';
