import type { Buffer } from 'node:buffer';

import type { Handles } from './handles.ts';
import { Job, JobState, type JobTraits, type Priority } from './job.ts';
import type { JobBody } from './job-bodies.ts';
import type { JobFunction } from './job-function.ts';
import type { Queued } from './job-queue.ts';

/** Jobs of a run at most. */
const MOST = 256;

/** Numbers that say where a body lies. */
const PLACES = 3;

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
  readonly #ids = new Float64Array(MOST);
  readonly #since = new Float64Array(MOST);
  readonly #sources: Buffer[] = [];
  readonly #places = new Int32Array(PLACES * MOST);
  #from = 0;
  #to = 0;

  constructor(of: JobFunction, priority: Priority) {
    this.function = of;
    this.priority = priority;
  }

  /** The number of the first of them. */
  get id(): number {
    return this.#ids[this.#from]!;
  }

  /** When the first of them was submitted. */
  get since(): number {
    return this.#since[this.#from]!;
  }

  get isEmpty(): boolean {
    return this.#from === this.#to;
  }

  get isFull(): boolean {
    return this.#to === MOST;
  }

  /** Adds a job behind the others, with a higher number. */
  add(id: number, body: JobBody, since: number): void {
    const at = this.#to++;
    this.#ids[at] = id;
    this.#since[at] = since;
    this.#sources.push(body.source);
    this.#places[PLACES * at] = body.start;
    this.#places[PLACES * at + 1] = body.payload;
    this.#places[PLACES * at + 2] = body.end;
  }

  /** Takes the first of them out, and makes a job of it. */
  take(handles: Handles): Job {
    const at = this.#from++;
    const place = PLACES * at;
    const body = {
      source: this.#sources[at]!,
      start: this.#places[place]!,
      payload: this.#places[place + 1]!,
      end: this.#places[place + 2]!,
    };
    const job = new Job(
      this.#ids[at]!,
      handles,
      this.function,
      undefined,
      body,
      TRAITS[this.priority],
      this.#since[at]!,
    );
    job.state = JobState.Ready;
    return job;
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
