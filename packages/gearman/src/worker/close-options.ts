import { type Grace, graceOf } from '@wirewright/core';
import { booleanOption } from '@wirewright/core/codec';

/** How a worker closes. */
export interface WorkerCloseOptions {
  /** Whether what runs is finished, as far as the grace goes; otherwise servers get it back at once. Default true. */
  readonly drain?: boolean | undefined;
  /** Milliseconds that jobs, and the connections behind them, have to finish. Default 30,000. */
  readonly grace?: number | undefined;
  /** Ends the grace when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link WorkerCloseOptions}, checked and complete. */
export interface WorkerGrace {
  readonly drain: boolean;
  readonly grace: Grace;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function workerGrace(options: WorkerCloseOptions): WorkerGrace {
  const { drain = true, grace = 30_000, ...rest } = options;
  return { drain: booleanOption('drain', drain), grace: graceOf({ grace, ...rest }) };
}
