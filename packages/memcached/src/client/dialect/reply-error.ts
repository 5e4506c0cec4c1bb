import type { Reply } from '@wirewright/codec-memcached-text';
import { ProtocolError } from '@wirewright/core';

import { CommandError, ValueTooLargeError } from '../errors.ts';

/** Answers that are refusals of some commands, and mean nothing else. */
const BUSY: ReadonlySet<string> = new Set(['BUSY', 'BADCLASS', 'NOSPARE', 'NOTFULL', 'UNSAFE', 'SAME']);

/**
 * The error that a reply is which is none of those that the command has.
 *
 * @throws {ProtocolError} it is no error: the server answers something else
 */
export function replyError(reply: Reply): Error {
  const line = lineOf(reply);
  if (!reply.isError && !BUSY.has(reply.status)) {
    throw new ProtocolError(`${JSON.stringify(line)} is no answer to what was asked`);
  }
  if (line === 'SERVER_ERROR object too large for cache') {
    return new ValueTooLargeError('the value is larger than the server takes, which is told by its option -I', true);
  }
  return new CommandError(line);
}

export function lineOf({ source, start, lineEnd }: Reply): string {
  return source.toString('utf8', start, lineEnd);
}
