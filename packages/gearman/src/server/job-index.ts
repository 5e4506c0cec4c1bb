import type { Handles } from './handles.ts';
import type { JobFunction } from './job-function.ts';
import { JobRun } from './job-run.ts';
import type { Job } from './job.ts';

/** Jobs of a page: numbers follow each other, so most pages are full until they are dropped. */
const PAGE_BITS = 8;
const PAGE = 1 << PAGE_BITS;

/** What a page is before there is anything in it: a copy of it is made faster than another one. */
const EMPTY: readonly undefined[] = Array.from({ length: PAGE });

interface Page {
  readonly number: number;
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
  readonly #handles: Handles;
  readonly #unfold: (run: JobRun, id: number) => Job;
  /** The page that was looked at last. */
  #last: Page | undefined = undefined;
  #size = 0;

  /** @param unfold makes a job of its own, and puts it in here, of one that is in a run */
  constructor(handles: Handles, unfold: (run: JobRun, id: number) => Job) {
    this.#handles = handles;
    this.#unfold = unfold;
  }

  get size(): number {
    return this.#size;
  }

  get(id: number): Job | undefined {
    const found = this.#page(id)?.jobs[id % PAGE];
    return found instanceof JobRun ? this.#unfold(found, id) : found;
  }

  /** Adds a job, or one that is in a run. */
  add(id: number, job: Job | JobRun): void {
    const page = this.#page(id) ?? this.#newPage(id);
    page.jobs[id % PAGE] = job;
    page.count++;
    this.#size++;
  }

  /** Has a job that was in a run stand for itself. */
  replace(job: Job): void {
    this.#page(job.id)!.jobs[job.id % PAGE] = job;
  }

  /** Takes out a job that is in it. */
  remove({ id }: Job): void {
    const page = this.#page(id)!;
    page.jobs[id % PAGE] = undefined;
    page.count--;
    this.#size--;
    if (page.count > 0) return;
    this.#pages.delete(page.number);
    this.#last = undefined;
  }

  #page(id: number): Page | undefined {
    const number = Math.floor(id / PAGE);
    const last = this.#last;
    if (last?.number === number) return last;
    const page = this.#pages.get(number);
    if (page !== undefined) this.#last = page;
    return page;
  }

  #newPage(id: number): Page {
    const page: Page = { number: Math.floor(id / PAGE), jobs: EMPTY.slice(), count: 0 };
    this.#pages.set(page.number, page);
    this.#last = page;
    return page;
  }

  /** All of them, to be looked at only: of one that is in a run, a job is made for that, and nothing else knows it. */
  *[Symbol.iterator](): IterableIterator<Job> {
    for (const [id, entry] of this.#entries()) yield entry instanceof JobRun ? entry.peek(id, this.#handles) : entry;
  }

  /** Those that are in no run. */
  *single(): IterableIterator<Job> {
    for (const { jobs } of this.#pages.values()) {
      for (const entry of jobs) if (entry !== undefined && !(entry instanceof JobRun)) yield entry;
    }
  }

  /** Those of a function; each that is in a run is taken out of it when it is its turn. */
  *of(wanted: JobFunction): IterableIterator<Job> {
    for (const [id, entry] of this.#entries()) {
      if (entry.function === wanted) yield entry instanceof JobRun ? this.#unfold(entry, id) : entry;
    }
  }

  *#entries(): IterableIterator<[number, Job | JobRun]> {
    for (const { number, jobs } of this.#pages.values()) {
      for (let i = 0; i < PAGE; i++) {
        const entry = jobs[i];
        if (entry !== undefined) yield [number * PAGE + i, entry];
      }
    }
  }
}
