import { InvalidOptionError, timeoutOption } from '@wirewright/core';
import { booleanOption, integerOption, knownOptions } from '@wirewright/core/codec';

import { type JobBackoff, type JobPauses, jobPauses } from '../job-backoff.ts';

/** How an attempt can end without a result. */
export type Setback = 'lost' | 'timeout' | 'failure';

/** How many attempts a job has left after the first, by how the last one ended; attempts of all kinds are counted together. */
export interface Retries {
  /** The worker went away, or no longer does the function. Default Infinity. */
  readonly lost?: number | undefined;
  /** The worker was not done in time. Default Infinity. */
  readonly timeout?: number | undefined;
  /** The worker sent WORK_FAIL or WORK_EXCEPTION. Default 0. */
  readonly failure?: number | undefined;
}

/** Jobs that a function may have by priority, those that run included; 0 for any number. */
export interface MaxQueue {
  /** Of high priority. Default 0. */
  readonly high?: number | undefined;
  /** Of normal priority. Default 0. */
  readonly normal?: number | undefined;
  /** Of low priority. Default 0. */
  readonly low?: number | undefined;
}

/** How the jobs of a function are done. */
export interface FunctionOptions {
  /** Milliseconds that a worker has for a job, unless it has said itself by CAN_DO_TIMEOUT; false for any time. Default false. */
  readonly timeout?: number | false | undefined;
  /** A number goes for all three; default as gearmand has it. */
  readonly retries?: number | Retries | undefined;
  /** How long a job rests before it is tried again. Default not at all. */
  readonly backoff?: JobBackoff | undefined;
  /** A function that gets a job, as one in the background, which has failed or has no attempts left. Default none. */
  readonly deadLetter?: string | undefined;
  /** A number goes for each priority. Default any number. */
  readonly maxQueue?: number | MaxQueue | undefined;
  /** Whether a job is refused while no worker does the function. Default false. */
  readonly requireWorker?: boolean | undefined;
}

const OPTIONS = ['timeout', 'retries', 'backoff', 'deadLetter', 'maxQueue', 'requireWorker'];

/** {@link FunctionOptions}, checked and complete. */
export interface FunctionPolicy {
  /** 0 for any time. */
  readonly timeout: number;
  readonly retries: Readonly<Record<Setback, number>>;
  readonly backoff: JobPauses;
  /** Each byte of the name one character. */
  readonly deadLetter: string | undefined;
  readonly maxQueue: readonly [number, number, number];
  readonly requireWorker: boolean;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function functionPolicy(of: string, options: FunctionOptions): FunctionPolicy {
  knownOptions(of, options, OPTIONS);
  const { timeout = false, deadLetter, requireWorker = false } = options;
  if (deadLetter !== undefined && (typeof deadLetter !== 'string' || deadLetter.includes('\0')))
    throw new InvalidOptionError('deadLetter must be the name of a function');
  return {
    timeout: timeoutOption('timeout', timeout),
    retries: retriesOf(options.retries ?? {}),
    backoff: jobPauses(options.backoff),
    deadLetter: deadLetter === undefined ? undefined : Buffer.from(deadLetter).toString('latin1'),
    maxQueue: maxQueueOf(options.maxQueue ?? 0),
    requireWorker: booleanOption('requireWorker', requireWorker),
  };
}

function retriesOf(retries: number | Retries): FunctionPolicy['retries'] {
  if (typeof retries === 'number') return retriesOf({ lost: retries, timeout: retries, failure: retries });
  knownOptions('retries', retries, ['lost', 'timeout', 'failure']);
  const { lost = Infinity, timeout = Infinity, failure = 0 } = retries;
  return {
    lost: countOption('retries.lost', lost),
    timeout: countOption('retries.timeout', timeout),
    failure: countOption('retries.failure', failure),
  };
}

function countOption(name: string, count: number): number {
  return count === Infinity ? count : integerOption(name, count, 0);
}

function maxQueueOf(limits: number | MaxQueue): FunctionPolicy['maxQueue'] {
  if (typeof limits === 'number') return maxQueueOf({ high: limits, normal: limits, low: limits });
  knownOptions('maxQueue', limits, ['high', 'normal', 'low']);
  const limit = (name: string, count = 0): number => integerOption(`maxQueue.${name}`, count, 0);
  return [limit('high', limits.high), limit('normal', limits.normal), limit('low', limits.low)];
}
