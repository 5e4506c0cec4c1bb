import { Buffer } from 'node:buffer';

import type { FunctionPolicy } from './function-policy.ts';
import { JobQueue } from './job-queue.ts';
import type { Job, Priority } from './job.ts';
import type { Peer } from './peer.ts';

/** What there was of a function since the server was made. */
export interface FunctionCounters {
  /** Jobs that were made. */
  submitted: number;
  /** Submits that joined a job that there was. */
  coalesced: number;
  /** Submits that were refused because there were too many jobs. */
  refused: number;
  /** Jobs that ended with a result. */
  completed: number;
  /** Jobs that ended without a result: by the worker, or because no more attempts were left. */
  failed: number;
  /** Jobs that nobody wanted any more: cancelled, or left by their clients. */
  cancelled: number;
  /** Times that a job was given to a worker once more. */
  retried: number;
  /** Times that a worker was not done in time. */
  timedOut: number;
}

/** A function: its jobs, who can do them, and how they are to be done. */
export class JobFunction {
  /** Each byte of the name one character. */
  readonly name: string;
  /** The name as bytes. */
  readonly bytes: Buffer;
  readonly policy: FunctionPolicy;
  /** Jobs that can be grabbed, by priority. */
  readonly ready: readonly [JobQueue, JobQueue, JobQueue] = [new JobQueue(), new JobQueue(), new JobQueue()];
  /** Jobs that are not over and can be joined, by what makes them the same. */
  readonly keyed: Map<string, Job> = new Map<string, Job>();
  /** All that are not over, by priority. */
  readonly total: [number, number, number] = [0, 0, 0];
  /** How many there may be of a priority; 0 for any number. */
  readonly limits: [number, number, number];
  running = 0;
  readonly workers: Set<Peer> = new Set<Peer>();
  /** Those of the workers that sleep, the one that has slept longest first. */
  readonly sleepers: Set<Peer> = new Set<Peer>();
  /** When it was its turn last: what is fair goes by that. */
  turn = 0;
  readonly counters: FunctionCounters = {
    submitted: 0,
    coalesced: 0,
    refused: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    retried: 0,
    timedOut: 0,
  };

  constructor(name: string, policy: FunctionPolicy) {
    this.name = name;
    this.bytes = Buffer.from(name, 'latin1');
    this.policy = policy;
    this.limits = [...policy.maxQueue];
  }

  /** Jobs that are not over. */
  get jobs(): number {
    return this.total[0] + this.total[1] + this.total[2];
  }

  /** Whether there is a job to be grabbed. */
  get hasReady(): boolean {
    const [high, normal, low] = this.ready;
    return high.length > 0 || normal.length > 0 || low.length > 0;
  }

  /** Whether another job of a priority would be one too many. */
  isFull(priority: Priority): boolean {
    const limit = this.limits[priority];
    return limit > 0 && this.total[priority] >= limit;
  }
}
