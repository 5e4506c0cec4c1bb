import { InvalidOptionError, timeoutOption } from '@wirewright/core';
import { integerOption, knownOptions } from '@wirewright/core/codec';

import { type JobBackoff, type JobPauses, jobPauses } from '../job-backoff.ts';
import { LINK_OPTIONS, type LinkOptions, type LinkSettings, linkSettings } from '../link/link-options.ts';
import { checkName } from '../names.ts';
import type { Job, JobResult } from './job.ts';

/** How a {@link Worker} connects to its servers, and how many jobs it does at once. */
export interface WorkerOptions extends LinkOptions {
  /**
   * Jobs that are done at once, of all servers and functions. Default 1. A handler that goes on after its job was cancelled, or lost with its
   * server, counts until it ends, or its timeout is over: let it heed `job.signal`.
   */
  readonly concurrency?: number | undefined;
  /** What servers call this worker to administrators. Default none. */
  readonly clientId?: string | undefined;
  /** Milliseconds between questions whether servers still have the jobs that run: so a cancel is noticed. Default 5000; false for never. */
  readonly cancelCheck?: number | false | undefined;
}

/** {@link WorkerOptions}, checked and complete. */
export interface WorkerSettings {
  readonly link: LinkSettings;
  readonly concurrency: number;
  readonly clientId: string | undefined;
  /** 0 for never. */
  readonly cancelCheck: number;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  knownOptions('new Worker()', options, ['concurrency', 'clientId', 'cancelCheck', ...LINK_OPTIONS]);
  const { concurrency = 1, clientId, cancelCheck = 5000 } = options;
  return {
    link: linkSettings(options),
    concurrency: integerOption('concurrency', concurrency, 1, 65_536),
    clientId: clientId === undefined ? undefined : checkName('clientId', clientId),
    cancelCheck: timeoutOption('cancelCheck', cancelCheck),
  };
}

/** Does a job. What it throws, its client gets as an exception. */
export type JobHandler = (job: Job) => JobResult | Promise<JobResult>;

/** Does something around a handler, or in its place. */
export type JobMiddleware = (job: Job, next: () => Promise<JobResult>) => JobResult | Promise<JobResult>;

/** How a worker does the jobs of one function. */
export interface HandlerOptions {
  /** Milliseconds that the handler has, all attempts together; then the job's signal is aborted, and the job fails. Default false: any time. */
  readonly timeout?: number | false | undefined;
  /**
   * Tells servers to take a job back that takes longer (CAN_DO_TIMEOUT). The number is sent as it is: gearmand and `JobServer` take it for
   * milliseconds, of which less than 1000 are 1000, Perl's server for seconds. Default none.
   */
  readonly serverTimeout?: { readonly seconds: number } | { readonly milliseconds: number } | undefined;
  /** How often the handler is tried again, here, when it has thrown. Default 0. */
  readonly retries?: number | undefined;
  /** Default: no pauses. */
  readonly backoff?: JobBackoff | undefined;
}

/** What does the jobs of a function, and how. */
export interface Ability {
  readonly name: string;
  readonly handler: JobHandler;
  /** Milliseconds; 0 for any time. */
  readonly timeout: number;
  /** As CAN_DO_TIMEOUT has it. */
  readonly serverTimeout: number | undefined;
  readonly retries: number;
  readonly backoff: JobPauses;
}

/**
 * @throws {InvalidNameError} the name is empty, or has a NUL
 * @throws {InvalidOptionError} `handler` is no function, or an option is unknown or out of range
 */
export function readAbility(name: string, handler: JobHandler, options: HandlerOptions): Ability {
  checkName('the name of a function', name);
  if (typeof handler !== 'function') throw new InvalidOptionError('handle() takes a function that does the job');
  knownOptions('handle()', options, ['timeout', 'serverTimeout', 'retries', 'backoff']);
  const { timeout = false, serverTimeout, retries = 0 } = options;
  return {
    name,
    handler,
    timeout: timeoutOption('timeout', timeout),
    serverTimeout: serverTimeout === undefined ? undefined : readServerTimeout(serverTimeout),
    retries: retries === Infinity ? retries : integerOption('retries', retries, 0),
    backoff: jobPauses(options.backoff),
  };
}

function readServerTimeout(given: NonNullable<HandlerOptions['serverTimeout']>): number {
  knownOptions('serverTimeout', given, ['seconds', 'milliseconds']);
  const values = Object.values<number>(given);
  if (values.length !== 1)
    throw new InvalidOptionError(
      'serverTimeout is { seconds: 30 } or { milliseconds: 30_000 }: what the server takes it for',
    );
  return integerOption('serverTimeout', values[0]!, 1, 2 ** 31 - 1);
}
