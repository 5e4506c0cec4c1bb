import type { Response } from '@wirewright/codec-quasizero';
import { WireError } from '@wirewright/core';

/** A server has answered a command with an error; the connection is as good as before. `QUASIZERO_COMMAND_FAILED`. */
export class CommandError extends WireError {
  /** The server may have acted on the command. */
  readonly sent = true;
  /** The answer: its payload and metadata may say more. */
  readonly response: Response;

  constructor(response: Response) {
    super('QUASIZERO_COMMAND_FAILED', response.errorMessage);
    this.response = response;
  }
}
