import { integerOption, knownOptions } from '@wirewright/core/codec';

/** The pauses between the attempts at a job. */
export interface JobBackoff {
  /** Milliseconds before the second attempt; each one after has twice as many. */
  readonly minDelay: number;
  /** Milliseconds at most. Default 60,000. */
  readonly maxDelay?: number | undefined;
}

/** {@link JobBackoff}, checked and complete; without pauses where `minDelay` is 0. */
export interface JobPauses {
  readonly minDelay: number;
  readonly maxDelay: number;
}

const USUAL_MAX = 60_000;

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function jobPauses(backoff: JobBackoff | undefined): JobPauses {
  if (backoff === undefined) return { minDelay: 0, maxDelay: 0 };
  knownOptions('backoff', backoff, ['minDelay', 'maxDelay']);
  const minDelay = integerOption('minDelay of backoff', backoff.minDelay, 1);
  const { maxDelay = Math.max(minDelay, USUAL_MAX) } = backoff;
  return { minDelay, maxDelay: integerOption('maxDelay of backoff', maxDelay, minDelay) };
}

/** Milliseconds of the pause behind attempt `attempt`, from 1. */
export function pauseAfter({ minDelay, maxDelay }: JobPauses, attempt: number): number {
  return minDelay === 0 ? 0 : Math.min(maxDelay, minDelay * 2 ** Math.min(attempt - 1, 40));
}
