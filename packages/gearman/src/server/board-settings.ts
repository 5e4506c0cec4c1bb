import type { Clock } from '@wirewright/core';

/** What a board of jobs is told of its server's options. */
export interface BoardSettings {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Of schedules, as in the tz database. */
  readonly zone: string | undefined;
  readonly handlePrefix: string;
  /** Workers that are woken for a job. */
  readonly wakeUp: number;
  readonly maxJobs: number;
  /** Bytes of all functions, uniques and payloads. */
  readonly maxJobBytes: number;
}
