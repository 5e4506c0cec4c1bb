import type { Buffer } from 'node:buffer';

import type { Handles } from './handles.ts';
import type { JobBody } from './job-bodies.ts';
import type { JobFunction } from './job-function.ts';
import type { Queued } from './job-queue.ts';
import { Job, JobState, type JobTraits, type Priority } from './job.ts';

/** Jobs of a run at most. */
const MOST = 256;

/** What a run has room for at first: one that a job of another kind soon ends never needs more. */
const FEW = 8;

/** Numbers that are kept of each: its own, when it was submitted, and where function, payload and end of its body lie. */
const NUMBERS = 5;

/**
 * Jobs of a function that stand in its queue one behind the other, and of which there is no more to say than where they lie: in the background, without
 * a unique, asked for by nobody. They have no objects of their own until it is their turn, or until somebody asks: a million of those would be moved
 * twice by the garbage collector and marked again and again, and take three times the memory.
 */
export class JobRun {
  readonly function: JobFunction;
  readonly priority: Priority;
  /** Its neighbours in the queue. */
  previous: Queued | undefined = undefined;
  next: Queued | undefined = undefined;
  #numbers: Float64Array;
  /** Those of jobs that were taken out are let go: a body may be large. */
  readonly #sources: (Buffer | undefined)[] = [];
  #from = 0;
  #to = 0;

  /** @param before what it comes behind: after one run that is full it is likely that there will be another */
  constructor(of: JobFunction, priority: Priority, before: Queued | undefined) {
    this.function = of;
    this.priority = priority;
    this.#numbers = new Float64Array(NUMBERS * (before instanceof JobRun && before.isFull ? MOST : FEW));
  }

  /** The number of the first of them. */
  get id(): number {
    return this.#numbers[NUMBERS * this.#from]!;
  }

  /** When the first of them was submitted. */
  get since(): number {
    return this.#numbers[NUMBERS * this.#from + 1]!;
  }

  get isEmpty(): boolean {
    return this.#from === this.#to;
  }

  get isFull(): boolean {
    return this.#to === MOST;
  }

  /** Adds a job behind the others, with a higher number. */
  add(id: number, body: JobBody, since: number): void {
    const at = NUMBERS * this.#to++;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[at] = id;
    numbers[at + 1] = since;
    numbers[at + 2] = body.start;
    numbers[at + 3] = body.payload;
    numbers[at + 4] = body.end;
    this.#sources.push(body.source);
  }

  /** Takes the first of them out, and makes a job of it. */
  take(handles: Handles): Job {
    const job = this.#make(this.#from, handles);
    this.#sources[this.#from++] = undefined;
    return job;
  }

  /** Makes a job of the one with that number, to be looked at only: it stays in. */
  peek(id: number, handles: Handles): Job {
    let low = this.#from;
    let high = this.#to - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#numbers[NUMBERS * middle]! < id) low = middle + 1;
      else high = middle;
    }
    return this.#make(low, handles);
  }

  #make(index: number, handles: Handles): Job {
    const source = this.#sources[index]!;
    const numbers = this.#numbers;
    const at = NUMBERS * index;
    const body = { source, start: numbers[at + 2]!, payload: numbers[at + 3]!, end: numbers[at + 4]! };
    const job = new Job(numbers[at]!, handles, this.function, undefined, body, TRAITS[this.priority], numbers[at + 1]!);
    job.state = JobState.Ready;
    return job;
  }

  #grow(): void {
    const numbers = this.#numbers;
    this.#numbers = new Float64Array(2 * numbers.length);
    this.#numbers.set(numbers);
  }
}

const traits = (priority: Priority): JobTraits => ({
  priority,
  background: true,
  when: 0,
  schedule: '',
  reducer: undefined,
});

/** What the jobs of a run have besides, by priority. */
const TRAITS = [traits(0), traits(1), traits(2)] as const;
