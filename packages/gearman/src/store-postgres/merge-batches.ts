import type { JobBatch, StoredJob } from '../store/job-store.ts';

/** What several batches come to, one after the other: a job is in it once, as it is at the end, or removed. */
export function mergeBatches(batches: readonly JobBatch[]): JobBatch {
  const put = new Map<number, StoredJob>();
  const removed = new Set<number>();
  for (const batch of batches) {
    for (const job of batch.put) {
      put.set(job.id, job);
      removed.delete(job.id);
    }
    for (const id of batch.remove) {
      put.delete(id);
      removed.add(id);
    }
  }
  return { put: [...put.values()], remove: [...removed] };
}
