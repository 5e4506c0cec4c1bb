import { WireError } from '../codec/errors.ts';

/** A worker did not start: its function failed, took too long, or the process ended; `cause` has the error. `WIRE_WORKER_START`. */
export class WorkerStartError extends WireError {
  constructor(message: string, options?: ErrorOptions) {
    super('WIRE_WORKER_START', message, options);
  }
}

/** A process warning: a worker that was ready has ended though nobody had asked it to; another takes its place. `WIRE_WORKER_LOST`. */
export class WorkerLostError extends WireError {
  constructor(who: string, how: string) {
    super('WIRE_WORKER_LOST', `${who} ${how}; another takes its place`);
  }
}
