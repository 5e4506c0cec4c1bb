import { InvalidOptionError, timeoutOption } from '@wirewright/core';
import { booleanOption, choiceOption, integerOption, knownOptions, signalOption } from '@wirewright/core/codec';

import { checkName, checkUnique } from '../names.ts';
import { scheduleFields } from './schedule-fields.ts';

/** How often a job is submitted again, by what became of it. */
export interface SubmitRetries {
  /** Its server was lost while it had the job, or none could be reached. The job may run twice. Default 0. */
  readonly lost?: number | undefined;
  /** It failed, or threw. Default 0. */
  readonly failure?: number | undefined;
}

/** How one task is submitted, and when it is given up. */
export interface SubmitOptions {
  /** Default `normal`. */
  readonly priority?: 'high' | 'normal' | 'low' | undefined;
  /** Whether nobody waits for it: the task is over when a server has it. Default false. */
  readonly background?: boolean | undefined;
  /** Jobs of a function with the same unique are one; `-` stands for the payload. Default none: the job is like no other. */
  readonly unique?: string | Uint8Array | undefined;
  /** When it is to be done, as a date or in ms since 1970; to the second, in the background. Default now. */
  readonly at?: Date | number | undefined;
  /**
   * When it is to be done again and again, in the background: five fields of a crontab, where 0 and 7 are Sunday. Only a `JobServer` has that;
   * the times are in its time zone. Default once.
   */
  readonly cron?: string | undefined;
  /** The function that puts the results of this one's jobs together; of interest to its workers. Default none. */
  readonly reducer?: string | undefined;
  /** Gives the task up when it is aborted; the job may go on. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the job is over, or, of one in the background, until a server has it; false for any time. Default that of the client. */
  readonly timeout?: number | false | undefined;
  /** How often the job is submitted again, after a pause; a number goes for both. Default that of the client. */
  readonly retries?: number | SubmitRetries | undefined;
  /** Whether to submit only where a worker does the function. Default false. */
  readonly requireWorker?: boolean | undefined;
}

const NAMES: readonly (keyof SubmitOptions)[] = [
  'priority',
  'background',
  'unique',
  'at',
  'cron',
  'reducer',
  'signal',
  'timeout',
  'retries',
  'requireWorker',
];

/** What a task without options of its own has. */
export interface UsualSubmission {
  /** 0 for any time. */
  readonly timeout: number;
  readonly retries: Required<Readonly<{ lost: number; failure: number }>>;
}

/** What is to be submitted, checked and complete. */
export interface Submission {
  readonly function: string;
  readonly payload: string | Uint8Array;
  readonly unique: string | Uint8Array;
  readonly priority: 'high' | 'normal' | 'low';
  readonly background: boolean;
  /** Seconds since 1970. */
  readonly at: number | undefined;
  /** Minute, hour, day, month and weekday as SUBMIT_JOB_SCHED has them. */
  readonly schedule: readonly string[] | undefined;
  readonly reducer: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
  readonly retries: UsualSubmission['retries'];
  readonly requireWorker: boolean;
}

const NO_OPTIONS: SubmitOptions = {};

/**
 * @throws {InvalidNameError} a name is empty, or has a NUL
 * @throws {InvalidOptionError} an option is unknown, out of range, or goes not with another
 */
export function readSubmission(
  name: string,
  payload: string | Uint8Array,
  options: SubmitOptions | undefined,
  usual: UsualSubmission,
): Submission {
  checkName('the name of a function', name);
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) {
    throw new InvalidOptionError('a payload is a text or bytes: JSON.stringify() makes a text of other values');
  }
  const given = options ?? NO_OPTIONS;
  if (given !== NO_OPTIONS) knownOptions('submit()', given, NAMES);
  const { priority = 'normal', unique = '', at, cron, reducer, signal, timeout, requireWorker = false } = given;
  choiceOption('priority', priority, ['high', 'normal', 'low']);
  const later = at !== undefined || cron !== undefined;
  const background = booleanOption('background', given.background ?? later);
  if (Number(at !== undefined) + Number(cron !== undefined) + Number(reducer !== undefined) > 1)
    throw new InvalidOptionError('at, cron and reducer do not go together: there is no packet for it');
  if (later && !background) throw new InvalidOptionError('what is done later is done in the background');
  if (priority !== 'normal' && (later || reducer !== undefined))
    throw new InvalidOptionError('a priority does not go with at, cron or reducer: there is no packet for it');
  return {
    function: name,
    payload,
    unique: checkUnique(unique),
    priority,
    background,
    at: at === undefined ? undefined : secondsOf(at),
    schedule: cron === undefined ? undefined : scheduleFields(cron),
    reducer: reducer === undefined ? undefined : checkName('the name of a reducer', reducer),
    signal: signalOption(signal),
    timeout: timeout === undefined ? usual.timeout : timeoutOption('timeout', timeout),
    retries: given.retries === undefined ? usual.retries : readRetries(given.retries),
    requireWorker: booleanOption('requireWorker', requireWorker),
  };
}

/** @throws {InvalidOptionError} it is neither a number nor numbers by reason */
export function readRetries(given: number | SubmitRetries): UsualSubmission['retries'] {
  if (typeof given === 'number') return { lost: count('retries', given), failure: given };
  knownOptions('retries', given, ['lost', 'failure']);
  const { lost = 0, failure = 0 } = given;
  return { lost: count('lost of retries', lost), failure: count('failure of retries', failure) };
}

function count(name: string, value: number): number {
  return value === Infinity ? value : integerOption(name, value, 0);
}

function secondsOf(at: Date | number): number {
  const ms = at instanceof Date ? at.getTime() : at;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0)
    throw new InvalidOptionError('at must be a date, or ms since 1970');
  // Never early.
  return Math.ceil(ms / 1000);
}
