import { UnexpectedReplyError } from '@wirewright/core';

/** A server sent something else than was due: nothing that follows can be trusted. */
export function unexpectedAnswer(expected: string, got: string): UnexpectedReplyError {
  return new UnexpectedReplyError(`the server should have answered ${expected}, and sent ${got}`);
}
