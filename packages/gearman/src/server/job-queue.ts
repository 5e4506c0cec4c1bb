import type { Job } from './job.ts';

/** Jobs in the order in which they came, linked through themselves: any of them can leave at once. */
export class JobQueue {
  #first: Job | undefined = undefined;
  #last: Job | undefined = undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): Job | undefined {
    return this.#first;
  }

  push(job: Job): void {
    job.previous = this.#last;
    job.next = undefined;
    if (this.#last === undefined) this.#first = job;
    else this.#last.next = job;
    this.#last = job;
    this.#length++;
  }

  /** Takes out a job that is in it. */
  remove(job: Job): void {
    if (job.previous === undefined) this.#first = job.next;
    else job.previous.next = job.next;
    if (job.next === undefined) this.#last = job.previous;
    else job.next.previous = job.previous;
    job.previous = undefined;
    job.next = undefined;
    this.#length--;
  }
}
