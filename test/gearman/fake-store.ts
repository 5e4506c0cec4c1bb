import type { JobBatch, JobStore, StoredJob, StoredJobs, StoreEvents } from '@wirewright/gearman';

/** A store in memory whose commits are done when the test says so. */
export class FakeStore implements JobStore {
  readonly jobs: Map<number, StoredJob>;
  readonly commits: { readonly batch: JobBatch; readonly settle: (error?: Error) => void }[] = [];
  /** Whether commits are done at once. */
  quick = true;
  events: StoreEvents | undefined = undefined;
  closed = false;
  #next: number;

  constructor(jobs: readonly StoredJob[] = [], next = 1) {
    this.jobs = new Map(jobs.map((job) => [job.id, job]));
    this.#next = next;
  }

  /** Whether another server has the lease. */
  held = false;

  open(events: StoreEvents, signal?: AbortSignal): Promise<StoredJobs> {
    this.events = events;
    if (this.held) {
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      });
    }
    return Promise.resolve({ jobs: [...this.jobs.values()], damage: undefined });
  }

  reserve(count: number): Promise<number> {
    const first = this.#next;
    this.#next += count;
    return Promise.resolve(first);
  }

  commit(batch: JobBatch): Promise<void> {
    if (this.closed) return Promise.reject(new Error('the store is closed'));
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        for (const job of batch.put) this.jobs.set(job.id, { ...job, payload: Buffer.from(job.payload) });
        for (const id of batch.remove) this.jobs.delete(id);
        resolve();
      };
      this.commits.push({ batch, settle });
      if (this.quick) settle();
    });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
