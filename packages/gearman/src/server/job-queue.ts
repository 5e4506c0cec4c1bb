import type { JobBody } from './job-bodies.ts';
import type { JobFunction } from './job-function.ts';
import { JobRun } from './job-run.ts';
import type { Job } from './job.ts';

/** What stands in a queue: a job, or several that have no objects of their own. */
export type Queued = Job | JobRun;

/** Jobs in the order in which they came, linked through themselves: any of them can leave at once. */
export class JobQueue {
  #first: Queued | undefined = undefined;
  #last: Queued | undefined = undefined;
  #length = 0;

  /** How many jobs there are, those of runs included. */
  get length(): number {
    return this.#length;
  }

  get first(): Queued | undefined {
    return this.#first;
  }

  push(job: Job): void {
    this.#length++;
    this.#link(job, undefined);
  }

  /** Adds a job that has no object of its own, to a run. Returns the run. */
  pushFolded(id: number, of: JobFunction, priority: Job['priority'], body: JobBody, since: number): JobRun {
    let run = this.#last;
    if (!(run instanceof JobRun) || run.isFull) {
      run = new JobRun(of, priority, run);
      this.#link(run, undefined);
    }
    run.add(id, body, since);
    this.#length++;
    return run;
  }

  /** Puts a job that was taken out of a run in front of what is left of it. */
  unfold(run: JobRun, job: Job): void {
    this.#link(job, run);
    if (run.isEmpty) this.#unlink(run);
  }

  /** Takes out a job that is in it. */
  remove(job: Job): void {
    this.#length--;
    this.#unlink(job);
  }

  /** Puts something in front of `next`, or at the end. */
  #link(entry: Queued, next: Queued | undefined): void {
    const previous = next === undefined ? this.#last : next.previous;
    entry.previous = previous;
    entry.next = next;
    if (previous === undefined) this.#first = entry;
    else previous.next = entry;
    if (next === undefined) this.#last = entry;
    else next.previous = entry;
  }

  #unlink(entry: Queued): void {
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
  }
}
