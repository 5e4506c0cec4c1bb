import { describeCause, WireError } from '@wirewright/core';

/** A handler threw, or its promise was rejected; `cause` has what. The client was told, and the connection goes on. `MEMCACHED_HANDLER_FAILED`. */
export class HandlerError extends WireError {
  /** The command, or the number of the opcode, whose handler it is. */
  readonly command: string | number;

  constructor(command: string | number, cause: unknown) {
    super('MEMCACHED_HANDLER_FAILED', `the handler of ${command} failed: ${describeCause(cause)}`, { cause });
    this.command = command;
  }
}
