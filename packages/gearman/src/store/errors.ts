import { describeCause, WireError } from '@wirewright/core';

/** Another process has the store open; `cause` has the library's error. `GEARMAN_STORE_IN_USE`. */
export class StoreInUseError extends WireError {
  constructor(where: string, cause: unknown) {
    super(
      'GEARMAN_STORE_IN_USE',
      `the store at ${where} is in use: stop the server that has it, or give this one a place of its own`,
      { cause },
    );
  }
}

/** A store that is not open, or not any more, was asked for something. `GEARMAN_STORE_CLOSED`. */
export class StoreClosedError extends WireError {
  constructor() {
    super('GEARMAN_STORE_CLOSED', 'the store is not open');
  }
}

/** A store could not be opened; `cause` has why. `GEARMAN_STORE_OPEN_FAILED`. */
export class StoreOpenError extends WireError {
  constructor(where: string, cause: unknown) {
    super('GEARMAN_STORE_OPEN_FAILED', `the store at ${where} could not be opened: ${describeCause(cause)}`, { cause });
  }
}

/** The jobs are no longer this server's: its lease on them is over; `cause` has why, if something failed. `GEARMAN_STORE_LOST`. */
export class StoreLostError extends WireError {
  constructor(where: string, why: string, cause?: unknown) {
    super(
      'GEARMAN_STORE_LOST',
      `the lease on the jobs in ${where} is lost (${why}): another server may have them by now, so start this one anew`,
      { cause },
    );
  }
}
