import type { Job } from './job.ts';
import { JobRun } from './job-run.ts';

/** Jobs of a page: numbers follow each other, so most pages are full until they are dropped. */
const PAGE_BITS = 8;
const PAGE = 1 << PAGE_BITS;

interface Page {
  /** A run stands for each of its jobs. */
  readonly jobs: (Job | JobRun | undefined)[];
  count: number;
}

/**
 * All jobs by number, in pages that go when they are empty. A Map of the jobs themselves would be copied as a whole each time that it has
 * doubled, which keeps a server with a million jobs from answering for as long.
 */
export class JobIndex {
  readonly #pages = new Map<number, Page>();
  readonly #unfold: (run: JobRun, id: number) => Job;
  #size = 0;

  /** @param unfold makes a job of its own, and puts it in here, of one that is in a run */
  constructor(unfold: (run: JobRun, id: number) => Job) {
    this.#unfold = unfold;
  }

  get size(): number {
    return this.#size;
  }

  get(id: number): Job | undefined {
    const found = this.#pages.get(Math.floor(id / PAGE))?.jobs[id % PAGE];
    return found instanceof JobRun ? this.#unfold(found, id) : found;
  }

  /** Adds a job, or one that is in a run. */
  add(id: number, job: Job | JobRun): void {
    const number = Math.floor(id / PAGE);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { jobs: Array.from({ length: PAGE }), count: 0 };
      this.#pages.set(number, page);
    }
    page.jobs[id % PAGE] = job;
    page.count++;
    this.#size++;
  }

  /** Has a job that was in a run stand for itself. */
  replace(job: Job): void {
    this.#pages.get(Math.floor(job.id / PAGE))!.jobs[job.id % PAGE] = job;
  }

  /** Takes out a job that is in it. */
  remove({ id }: Job): void {
    const number = Math.floor(id / PAGE);
    const page = this.#pages.get(number)!;
    page.jobs[id % PAGE] = undefined;
    page.count--;
    this.#size--;
    if (page.count === 0) this.#pages.delete(number);
  }

  *[Symbol.iterator](): IterableIterator<Job> {
    for (const [number, { jobs }] of this.#pages) {
      for (let i = 0; i < PAGE; i++) {
        const job = jobs[i];
        if (job !== undefined) yield job instanceof JobRun ? this.#unfold(job, number * PAGE + i) : job;
      }
    }
  }
}
