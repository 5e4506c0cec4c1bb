export type { FunctionOptions, MaxQueue, Retries, RetryBackoff } from './server/function-policy.ts';
export type { FunctionStatus } from './server/function-status.ts';
export type { FunctionCounters } from './server/job-function.ts';
export type { JobChoice } from './server/job-server.ts';
export type { JobServerInput, JobServerOptions } from './server/options.ts';
export type { TimeoutUnit } from './server/service-settings.ts';
export type {
  JobBatch,
  JobStore,
  StoredJob,
  StoredJobs,
  StoreDamage,
  StoredPriority,
  StoreEvents,
} from './store/job-store.ts';

export { StoreFailedError } from './server/errors.ts';
export { JobServer } from './server/job-server.ts';
