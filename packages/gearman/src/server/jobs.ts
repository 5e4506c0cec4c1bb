import { Buffer } from 'node:buffer';

import type { Clock } from '@wirewright/core';

import type { StoredJob } from '../store/job-store.ts';
import type { Functions } from './functions.ts';
import { Handles } from './handles.ts';
import { JobBodies, type JobBody } from './job-bodies.ts';
import type { JobFunction } from './job-function.ts';
import { JobIndex } from './job-index.ts';
import { jobKey } from './job-key.ts';
import type { JobQueue } from './job-queue.ts';
import { JobRun } from './job-run.ts';
import { Job, type JobTraits } from './job.ts';

/** From so many jobs in a queue on, those that come behind have no objects of their own before it is their turn. */
const LONG = 64;

const NUL = Buffer.alloc(1);

/** Which jobs there are: by number, handle and unique, with what they take. What becomes of them is the board's. */
export class Jobs {
  readonly functions: Functions;
  readonly bodies: JobBodies = new JobBodies();
  readonly #index: JobIndex;
  /** Jobs that were made under another prefix, or by another server, by handle. */
  readonly #foreign = new Map<string, Job>();
  readonly #handles: Handles;
  readonly #clock: Clock;
  #bytes = 0;
  #lastId = 0;

  constructor(functions: Functions, handlePrefix: string, clock: Clock) {
    this.functions = functions;
    this.#clock = clock;
    this.#handles = new Handles(handlePrefix);
    this.#index = new JobIndex(this.#handles, (run, id) => this.#unfold(run, id));
  }

  get size(): number {
    return this.#index.size;
  }

  /** Bytes of all functions, uniques and payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All of them, the oldest first, to be looked at only: it may be a copy. */
  [Symbol.iterator](): IterableIterator<Job> {
    return this.#index[Symbol.iterator]();
  }

  /** Those that stand for themselves: the others have neither clients nor timers. */
  single(): IterableIterator<Job> {
    return this.#index.single();
  }

  of(wanted: JobFunction): IterableIterator<Job> {
    return this.#index.of(wanted);
  }

  find(handle: string): Job | undefined {
    const id = this.#handles.idOf(handle);
    const job = id < 0 ? undefined : this.#index.get(id);
    return job?.handle === handle ? job : this.#foreign.get(handle);
  }

  /** The first job with that unique, of any function. */
  findKeyed(key: string): Job | undefined {
    for (const { keyed } of this.functions) {
      const job = keyed.get(key);
      if (job !== undefined) return job;
    }
    return undefined;
  }

  /** The number of the next job, unless a store has the numbers. */
  nextId(): number {
    return ++this.#lastId;
  }

  add(id: number, of: JobFunction, key: string | undefined, body: JobBody, traits: JobTraits): Job {
    const job = new Job(id, this.#handles, of, key, body, traits, this.#now());
    this.#enter(job);
    return job;
  }

  /** Takes in a job that a store has kept; undefined when it is there already, or there are too many functions. */
  restore(stored: StoredJob): Job | undefined {
    const of = this.functions.make(Buffer.from(stored.function).toString('latin1'));
    // There are more functions than there may be: it stays where it is kept.
    if (of === undefined || this.#index.get(stored.id) !== undefined) return undefined;
    const { id, handle, unique, payload } = stored;
    const reducer = stored.reducer === undefined ? undefined : Buffer.from(stored.reducer);
    const own = this.#handles.idOf(handle) === id;
    const job = new Job(
      id,
      own ? this.#handles : handle,
      of,
      jobKey(Buffer.from(unique).toString('latin1'), () => payload),
      this.bodyOf(stored.function, unique, payload),
      { ...stored, background: true, reducer },
      this.#now(),
    );
    job.attempts = stored.attempts;
    job.durable = true;
    this.#enter(job);
    if (!own) this.#foreign.set(handle, job);
    return job;
  }

  /** A body of what did not come in a packet. */
  bodyOf(name: Uint8Array, unique: Uint8Array, payload: Uint8Array): JobBody {
    const source = Buffer.concat([name, NUL, unique, NUL, payload]);
    const headEnd = name.length + unique.length + 2;
    return this.bodies.keep(source, 0, headEnd, headEnd, source.length);
  }

  /**
   * Adds a job that is nothing but one more in a long queue, to a run: in less time and memory than one of its own. Returns its handle, or
   * undefined when it is another kind of job.
   */
  addFolded(of: JobFunction, key: string | undefined, body: JobBody, traits: JobTraits): string | undefined {
    const { priority, background, when, schedule, reducer } = traits;
    const queue = of.ready[priority];
    if (queue.length < LONG || !background || key !== undefined) return undefined;
    if (when > 0 || schedule !== '' || reducer !== undefined) return undefined;
    const id = this.nextId();
    this.#index.add(id, queue.pushFolded(id, of, priority, body, this.#now()));
    of.total[priority]++;
    this.#bytes += body.end - body.start;
    return this.#handles.of(id);
  }

  /** The first job of a queue, as one of its own. */
  firstOf({ first }: JobQueue): Job | undefined {
    return first instanceof JobRun ? this.#unfold(first, first.id) : first;
  }

  /** Takes out a job that is over. */
  remove(job: Job): void {
    const of = job.function;
    this.#index.remove(job);
    if (this.#foreign.size > 0) this.#foreign.delete(job.handle);
    if (job.key !== undefined && of.keyed.get(job.key) === job) of.keyed.delete(job.key);
    of.total[job.priority]--;
    this.#bytes -= job.size;
  }

  /** Milliseconds of the server's clock: fractions would take memory for each job. */
  #now(): number {
    return Math.floor(this.#clock.now());
  }

  #enter(job: Job): void {
    const of = job.function;
    this.#index.add(job.id, job);
    if (job.key !== undefined && !of.keyed.has(job.key)) of.keyed.set(job.key, job);
    of.total[job.priority]++;
    this.#bytes += job.size;
  }

  /** Makes jobs of their own of those in a run up to number `id`, and returns that one. */
  #unfold(run: JobRun, id: number): Job {
    const queue = run.function.ready[run.priority];
    for (;;) {
      const job = run.take(this.#handles);
      queue.unfold(run, job);
      this.#index.replace(job);
      if (job.id === id) return job;
    }
  }
}
