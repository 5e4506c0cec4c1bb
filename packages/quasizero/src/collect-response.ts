import type { Response } from '@wirewright/codec-quasizero';

import { CommandError } from './errors.ts';

/** A reply is one response. @throws {CommandError} it has an error */
export function collectResponse(response: Response): Response {
  if (response.errorMessage !== '') throw new CommandError(response);
  return response;
}
