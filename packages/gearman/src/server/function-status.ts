import { Buffer } from 'node:buffer';

import type { FunctionCounters, JobFunction } from './job-function.ts';

/** How it stands with a function, and what there was of it so far. */
export interface FunctionStatus extends Readonly<FunctionCounters> {
  /** The function. */
  readonly name: string;
  /** Jobs that can be grabbed, by priority. */
  readonly queued: { readonly high: number; readonly normal: number; readonly low: number };
  /** Jobs that workers have. */
  readonly running: number;
  /** Jobs that wait for their time, or for a store. */
  readonly waiting: number;
  /** Workers that can do it. */
  readonly workers: number;
  /** Workers that sleep. */
  readonly idle: number;
  /** Milliseconds since the oldest of the jobs that can be grabbed was submitted; 0 when there is none. */
  readonly oldest: number;
  /** Jobs that there may be of each priority; 0 for any number. */
  readonly maxQueue: { readonly high: number; readonly normal: number; readonly low: number };
}

/** @param now in ms of the server's clock */
export function functionStatus(of: JobFunction, now: number): FunctionStatus {
  const [high, normal, low] = of.ready.map((queue) => queue.length) as [number, number, number];
  const since = Math.min(...of.ready.map(({ first }) => first?.since ?? now));
  return {
    name: Buffer.from(of.name, 'latin1').toString('utf8'),
    queued: { high, normal, low },
    running: of.running,
    waiting: of.jobs - of.running - high - normal - low,
    workers: of.workers.size,
    idle: of.sleepers.size,
    oldest: Math.round(now - since),
    maxQueue: { high: of.limits[0], normal: of.limits[1], low: of.limits[2] },
    ...of.counters,
  };
}
