import type { Response } from '@wirewright/codec-quasizero';
import { describeCause, WireError } from '@wirewright/core';

/** A server has answered a command with an error; the connection is as good as before. `QUASIZERO_COMMAND_FAILED`. */
export class CommandFailedError extends WireError {
  /** The answer: its payload and metadata may say more. */
  readonly response: Response;

  constructor(response: Response) {
    super('QUASIZERO_COMMAND_FAILED', response.errorMessage);
    this.response = response;
  }
}

/** A handler threw, or its promise was rejected; `cause` has what. The caller is told, if it is still there. `QUASIZERO_HANDLER_FAILED`. */
export class HandlerError extends WireError {
  /** The command whose handler it is. */
  readonly command: number;

  constructor(command: number, cause: unknown) {
    super('QUASIZERO_HANDLER_FAILED', `the handler of command ${command} failed: ${describeCause(cause)}`, { cause });
    this.command = command;
  }
}

/** A handler did not settle in time. The caller was told, and what the handler still answers is dropped. `QUASIZERO_HANDLER_TIMEOUT`. */
export class HandlerTimeoutError extends WireError {
  /** The command whose handler it is. */
  readonly command: number;

  constructor(command: number, timeout: number) {
    super('QUASIZERO_HANDLER_TIMEOUT', `command ${command} was not done within ${timeout} ms`);
    this.command = command;
  }
}
