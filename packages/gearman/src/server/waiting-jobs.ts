import type { Clock } from '@wirewright/core';

import type { Job } from './job.ts';

/** Wall time may be set while a timer runs: it is looked at again after so many ms at most. */
const LONGEST = 60_000;

/** Jobs that may not run yet, as a heap by when they may; one timer for the first of them. */
export class WaitingJobs {
  readonly #heap: Job[] = [];
  readonly #clock: Clock;
  readonly #wall: () => number;
  readonly #due: (job: Job) => void;
  #cancelTimer: (() => void) | undefined = undefined;
  /** What the timer is set to. */
  #at = Infinity;

  /**
   * @param wall milliseconds since 1970
   * @param due called for each job whose time has come, when it is no longer in here
   */
  constructor(clock: Clock, wall: () => number, due: (job: Job) => void) {
    this.#clock = clock;
    this.#wall = wall;
    this.#due = due;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(job: Job): void {
    this.#rise(job, this.#heap.length);
    this.#arm();
  }

  /** Takes out a job that is in it. */
  remove(job: Job): void {
    const place = job.place;
    const last = this.#heap.pop()!;
    job.place = -1;
    if (last === job) return;
    // It goes where there is a gap now, and from there up or down.
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  /** Ends the timer. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#at = Infinity;
  }

  #rise(job: Job, place: number): void {
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above]!;
      if (parent.when <= job.when) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(job, place);
  }

  #sink(job: Job, place: number): void {
    for (;;) {
      let below = 2 * place + 1;
      const left = this.#heap[below];
      if (left === undefined) break;
      const right = this.#heap[below + 1];
      if (right !== undefined && right.when < left.when) below++;
      const child = this.#heap[below]!;
      if (child.when >= job.when) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(job, place);
  }

  #put(job: Job, place: number): void {
    this.#heap[place] = job;
    job.place = place;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.when >= this.#at) return;
    this.#cancelTimer?.();
    this.#at = first.when;
    const delay = Math.max(0, Math.ceil(first.when - this.#wall()));
    this.#cancelTimer = this.#clock.after(Math.min(delay, LONGEST), () => this.#ring());
  }

  #ring(): void {
    this.#cancelTimer = undefined;
    this.#at = Infinity;
    const now = this.#wall();
    for (let first = this.#heap[0]; first !== undefined && first.when <= now; first = this.#heap[0]) {
      this.remove(first);
      first.when = 0;
      this.#due(first);
    }
    this.#arm();
  }
}
