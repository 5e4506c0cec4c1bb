export { gearmanClientMetrics } from './gearman-client-metrics.ts';
export { jobServerMetrics } from './job-server-metrics.ts';
export { workerMetrics } from './worker-metrics.ts';
