import type { Response } from '@wirewright/codec-quasizero';

import { CommandFailedError } from './errors.ts';

/** A reply is one response. @throws {CommandFailedError} it has an error */
export function collectResponse(response: Response): Response {
  if (response.errorMessage !== '') throw new CommandFailedError(response);
  return response;
}
