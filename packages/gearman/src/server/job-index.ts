import type { Job } from './job.ts';

/** Jobs of a page: numbers follow each other, so most pages are full until they are dropped. */
const PAGE_BITS = 8;
const PAGE = 1 << PAGE_BITS;

interface Page {
  readonly jobs: (Job | undefined)[];
  count: number;
}

/**
 * All jobs by number, in pages that go when they are empty. A Map of the jobs themselves would be copied as a whole each time that it has
 * doubled, which keeps a server with a million jobs from answering for as long.
 */
export class JobIndex {
  readonly #pages = new Map<number, Page>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Job | undefined {
    return this.#pages.get(Math.floor(id / PAGE))?.jobs[id % PAGE];
  }

  add(job: Job): void {
    const number = Math.floor(job.id / PAGE);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { jobs: Array.from({ length: PAGE }), count: 0 };
      this.#pages.set(number, page);
    }
    page.jobs[job.id % PAGE] = job;
    page.count++;
    this.#size++;
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
    for (const { jobs } of this.#pages.values()) for (const job of jobs) if (job !== undefined) yield job;
  }
}
