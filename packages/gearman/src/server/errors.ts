import { describeCause, WireError } from '@wirewright/core';

/** A job server's store could not keep something, or is lost; `cause` has why. `GEARMAN_STORE_FAILED`. */
export class StoreFailedError extends WireError {
  constructor(cause: unknown) {
    super('GEARMAN_STORE_FAILED', `the store of the job server failed: ${describeCause(cause)}`, { cause });
  }
}
