import type { Buffer } from 'node:buffer';

import { type GearmanOutput, packet, PacketType } from '@wirewright/codec-gearman';
import { ByteView } from '@wirewright/core/codec';

import type { StoredPriority } from '../store/job-store.ts';
import type { Handles } from './handles.ts';
import type { JobBody } from './job-bodies.ts';
import type { JobFunction } from './job-function.ts';
import type { Queued } from './job-queue.ts';
import type { Peer } from './peer.ts';

/** 0 high, 1 normal, 2 low. */
export type Priority = StoredPriority;

/** Where a job is: just made, on its way to a store, ready to be grabbed, waiting for its time, at a worker, or over. */
export const JobState = { New: 0, Storing: 1, Ready: 2, Waiting: 3, Running: 4, Over: 5 } as const;
export type JobState = (typeof JobState)[keyof typeof JobState];

/** How a job comes to be, besides its function, unique and payload. */
export interface JobTraits {
  readonly priority: Priority;
  readonly background: boolean;
  /** When it may run, in ms since 1970; 0 for at once. */
  readonly when: number;
  /** The crontab line of a job that comes again, else empty. */
  readonly schedule: string;
  readonly reducer: Buffer | undefined;
}

/** A job, from when it was submitted until its last packet was sent. */
export class Job {
  readonly id: number;
  readonly function: JobFunction;
  /** What makes it the same as another of its function; undefined when it is the same as none. */
  readonly key: string | undefined;
  readonly priority: Priority;
  readonly reducer: Buffer | undefined;
  readonly schedule: string;
  /** When it was submitted, in ms of the server's clock. */
  readonly since: number;
  // Function, unique and payload as SUBMIT_JOB had them. What can be told from the rest is not kept: there may be millions of jobs.
  readonly #source: Buffer;
  readonly #start: number;
  readonly #payload: number;
  readonly #end: number;
  readonly #handle: string | Handles;

  state: JobState = JobState.New;
  /** Whether it runs though no client waits for it. */
  background: boolean;
  /** Whether a store keeps it. */
  durable = false;
  when: number;
  /** How often a worker was lost with it, ran out of time or failed. */
  attempts = 0;
  /** How far it is, as the worker has said last. */
  numerator = 0;
  denominator = 0;
  worker: Peer | undefined = undefined;
  /** Who gets what the worker sends: a client for each time that it has submitted the job. */
  clients: Peer[] | undefined = undefined;
  /** Ends the timer of a worker that must be done in time. */
  cancelTimer: (() => void) | undefined = undefined;
  /** Told when the store has it, or that it has not. */
  onStored: ((error: Error | undefined) => void)[] | undefined = undefined;
  /** Its neighbours in a queue. */
  previous: Queued | undefined = undefined;
  next: Queued | undefined = undefined;
  /** Its place among those that wait. */
  place = -1;

  /** @param handle one of its own, or what makes it of the number */
  constructor(
    id: number,
    handle: string | Handles,
    of: JobFunction,
    key: string | undefined,
    body: JobBody,
    traits: JobTraits,
    since: number,
  ) {
    this.id = id;
    this.#handle = handle;
    this.function = of;
    this.key = key;
    this.priority = traits.priority;
    this.background = traits.background;
    this.when = traits.when;
    this.schedule = traits.schedule;
    this.reducer = traits.reducer;
    this.since = since;
    this.#source = body.source;
    this.#start = body.start;
    this.#payload = body.payload;
    this.#end = body.end;
  }

  /** What it is called by. */
  get handle(): string {
    return typeof this.#handle === 'string' ? this.#handle : this.#handle.of(this.id);
  }

  /** Function, unique and payload with the NULs between them: what JOB_ASSIGN_UNIQ has behind the handle. */
  get body(): ByteView {
    return new ByteView(this.#source, this.#start, this.#end);
  }

  get unique(): ByteView {
    return new ByteView(this.#source, this.#start + this.function.bytes.length + 1, this.#payload - 1);
  }

  get payload(): ByteView {
    return new ByteView(this.#source, this.#payload, this.#end);
  }

  /** Bytes of function, unique and payload. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** Whether a server that drains need not wait for it. */
  get mayBeLeft(): boolean {
    return this.state === JobState.Waiting && this.background && (this.durable || this.schedule !== '');
  }

  get clientCount(): number {
    return this.clients === undefined ? 0 : this.clients.length;
  }

  /** Notes that a client waits for it. */
  join(client: Peer): void {
    if (this.clients === undefined) this.clients = [client];
    else this.clients.push(client);
    client.awaited.add(this);
  }

  /** Passes on to its clients what the worker says of it. */
  tell(message: GearmanOutput): void {
    if (this.clients === undefined) return;
    for (const client of this.clients) client.send(message);
  }

  /** @param exception what clients that want exceptions get instead of WORK_FAIL */
  tellFailure(exception?: GearmanOutput): void {
    if (this.clients === undefined) return;
    const failure = packet(PacketType.WorkFail, this.handle);
    for (const client of this.clients) {
      client.send(exception !== undefined && client.exceptions ? exception : failure);
    }
  }

  forgetClients(): void {
    if (this.clients === undefined) return;
    for (const client of this.clients) client.awaited.delete(this);
    this.clients = undefined;
  }
}
