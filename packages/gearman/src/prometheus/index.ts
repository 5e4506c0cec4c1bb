export type { JobMetricsOptions } from './job-metrics.ts';

export { jobMetrics } from './job-metrics.ts';
