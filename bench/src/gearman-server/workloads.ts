import type { Compared } from '../side-by-side/pair-result.ts';

/** What one row of the table measures. `native/gearman-load.c` says what the modes are. */
export interface Workload {
  readonly name: string;
  readonly mode: 'foreground' | 'echo' | 'background' | 'drain';
  readonly clients: number;
  /** Requests in flight of each client. */
  readonly window: number;
  readonly workers: number;
  /** The least ratio to gearmand that is acceptable, if there is one. */
  readonly bar?: number;
  /** Whether jobs are on disk before they are acknowledged. */
  readonly durable?: boolean;
  /** What is compared, unless it depends on how busy the servers were. */
  readonly compared?: Compared;
}

const one = { clients: 1, window: 64, workers: 0 };

/** Of jobs on disk the disk is a part, whatever the CPU does. */
const durable = { mode: 'background', workers: 0, bar: 20, durable: true, compared: 'perSecond' } as const;

/** What is measured, in this order. */
export const WORKLOADS: readonly Workload[] = [
  { ...one, name: 'foreground, 64 in flight, 1 worker', mode: 'foreground', workers: 1, bar: 1.2 },
  { ...one, name: 'foreground, 64 in flight, 4 workers', mode: 'foreground', workers: 4, bar: 1 },
  { ...one, name: 'foreground, 1 in flight, 1 worker', mode: 'foreground', window: 1, workers: 1, bar: 0.9 },
  { ...one, name: 'background, 64 unanswered', mode: 'background', bar: 1.5 },
  { ...one, name: 'background jobs done by 4 workers', mode: 'drain', workers: 4 },
  { ...one, name: 'echo, 64 unanswered', mode: 'echo', bar: 0.5 },
  { ...durable, name: 'durable, 64 unanswered', clients: 1, window: 64 },
  { ...durable, name: 'durable, 1000 unanswered', clients: 1, window: 1000 },
  { ...durable, name: 'durable, 8 clients with 125 each', clients: 8, window: 125 },
];
