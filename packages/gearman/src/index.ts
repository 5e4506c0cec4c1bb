export type {
  JobBatch,
  JobStore,
  StoredJob,
  StoredJobs,
  StoreDamage,
  StoredPriority,
  StoreEvents,
} from './store/job-store.ts';
