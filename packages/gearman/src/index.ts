export type { AdminMaxQueue } from './admin/admin-client.ts';
export type { AdminCallOptions, AdminOptions } from './admin/admin-options.ts';
export type {
  AdminClientRow,
  AdminJobRow,
  AdminPriorityStatusRow,
  AdminShownJob,
  AdminStatusRow,
  AdminWorkerRow,
} from './admin/rows.ts';
export type { TaskSeen } from './channels.ts';
export type { GearmanClientOptions } from './client/client-options.ts';
export type { DistributedJob, Distribution, DistributionName } from './client/distribution.ts';
export type { BackgroundOptions, ClientCounters } from './client/gearman-client.ts';
export type { JobStatus } from './client/job-status.ts';
export type { AskOptions } from './client/questions.ts';
export type { SubmitOptions, SubmitRetries } from './client/submit-options.ts';
export type { TaskEvent } from './client/task-events.ts';
export type { JobSeen } from './errors.ts';
export type { JobBackoff } from './job-backoff.ts';
export type { LinkOptions } from './link/link-options.ts';
export type { FunctionOptions, MaxQueue, Retries } from './server/function-policy.ts';
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
export type { WorkerCloseOptions } from './worker/close-options.ts';
export type { JobResult } from './worker/job.ts';
export type { WorkerCounters, WorkerErrorSeen } from './worker/running-jobs.ts';
export type { HandlerOptions, JobHandler, JobMiddleware, WorkerOptions } from './worker/worker-options.ts';

export { AdminClient } from './admin/admin-client.ts';
export { AdminError, AnswerTooLongError } from './admin/errors.ts';
export { gearmanChannels } from './channels.ts';
export { GearmanClient } from './client/gearman-client.ts';
export { Task } from './client/task.ts';
export {
  CommandError,
  InvalidNameError,
  JobCancelledError,
  JobExceptionError,
  JobFailedError,
  JobLostError,
  NoServerError,
  NoWorkerError,
  TaskOverflowError,
  TaskTimeoutError,
} from './errors.ts';
export { StoreFailedError } from './server/errors.ts';
export { JobServer } from './server/job-server.ts';
export { Job } from './worker/job.ts';
export { Worker } from './worker/worker.ts';
