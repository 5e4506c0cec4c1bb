import type { JobBatch, JobStore, StoredJob } from '../store/job-store.ts';
import type { Job } from './job.ts';

/** Numbers that are set aside at a time. */
const BLOCK = 1_000_000;

/** What is reported when something cannot be kept. */
type Trouble = (error: Error) => void;

/** Tells a store what happens to the jobs that it keeps: one commit for all that happens in a turn of the event loop. */
export class JobKeeper {
  readonly #store: JobStore;
  readonly #trouble: Trouble;
  #put = new Map<number, Job>();
  #remove: number[] = [];
  #scheduled = false;
  #abandoned = false;
  #commits = 0;
  #whenIdle: (() => void) | undefined = undefined;
  #nextId = 0;
  #lastId = 0;
  #reserving = false;
  #reserved = { from: 0, to: 0 };

  constructor(store: JobStore, trouble: Trouble) {
    this.#store = store;
    this.#trouble = trouble;
  }

  /** Sets aside the first numbers. */
  async start(): Promise<void> {
    this.#nextId = await this.#store.reserve(BLOCK);
    this.#lastId = this.#nextId + BLOCK - 1;
  }

  /** A number that no job ever had; 0 when there is none at the moment. */
  takeId(): number {
    if (this.#nextId > this.#lastId) {
      const { from, to } = this.#reserved;
      if (from === 0) return 0;
      this.#nextId = from;
      this.#lastId = to;
      this.#reserved = { from: 0, to: 0 };
    }
    const few = this.#lastId - this.#nextId < BLOCK / 2;
    if (few && this.#reserved.from === 0 && !this.#reserving) void this.#reserve();
    return this.#nextId++;
  }

  /** Has a job kept as it is at the end of the turn; those who wait for it at `job.onStored` are told. */
  put(job: Job): void {
    this.#put.set(job.id, job);
    this.#schedule();
  }

  remove(job: Job): void {
    // One that is not there yet is never written at all, unless somebody waits to hear that it is.
    if (job.onStored === undefined) this.#put.delete(job.id);
    this.#remove.push(job.id);
    this.#schedule();
  }

  /** Writes nothing any more: the jobs are another server's. */
  abandon(): void {
    this.#abandoned = true;
    this.#put.clear();
    this.#remove = [];
  }

  /** Resolves when all that happened so far is kept, or cannot be. */
  async settled(): Promise<void> {
    this.#commit();
    if (this.#commits === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  async #reserve(): Promise<void> {
    this.#reserving = true;
    try {
      const from = await this.#store.reserve(BLOCK);
      this.#reserved = { from, to: from + BLOCK - 1 };
    } catch (error) {
      this.#trouble(errorOf(error));
    }
    this.#reserving = false;
  }

  #schedule(): void {
    if (this.#scheduled || this.#abandoned) return;
    this.#scheduled = true;
    setImmediate(() => this.#commit());
  }

  /** Resolves with the error, if there was one. What is over stays so, and is written with what comes next. */
  async #write(batch: JobBatch): Promise<Error | undefined> {
    try {
      await this.#store.commit(batch);
      return undefined;
    } catch (error) {
      if (!this.#abandoned) this.#remove = [...batch.remove, ...this.#remove];
      this.#trouble(errorOf(error));
      return errorOf(error);
    }
  }

  #commit(): void {
    this.#scheduled = false;
    if (this.#abandoned || (this.#put.size === 0 && this.#remove.length === 0)) return;
    const jobs = [...this.#put.values()];
    const remove = this.#remove;
    this.#put = new Map();
    this.#remove = [];
    const told = jobs.map((job) => [job, job.onStored] as const);
    const tell = (error?: Error): void => {
      // Whoever joins while it is under way waits for the same.
      for (const [job, waiting] of told) {
        if (waiting === undefined || job.onStored !== waiting) continue;
        job.onStored = undefined;
        for (const listener of waiting) listener(error);
      }
      if (--this.#commits === 0) this.#whenIdle?.();
    };
    this.#commits++;
    void this.#write({ put: jobs.map(storedJob), remove }).then(tell);
  }
}

/** A job as a store keeps it. */
function storedJob(job: Job): StoredJob {
  return {
    id: job.id,
    handle: job.handle,
    function: job.function.bytes,
    unique: job.unique.bytes,
    payload: job.payload.bytes,
    priority: job.priority,
    when: job.when,
    reducer: job.reducer,
    attempts: job.attempts,
    schedule: job.schedule,
  };
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
