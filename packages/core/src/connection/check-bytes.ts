import type { Duplex } from 'node:stream';

import { InvalidOptionError } from '../codec/errors.ts';

/** @throws {InvalidOptionError} it is no stream, one that yields or takes something else than bytes, or one that somebody else reads */
export function checkBytes(stream: Duplex): void {
  if (typeof stream?.read !== 'function' || typeof stream.write !== 'function') {
    throw new InvalidOptionError('a connection needs a stream that can be read and written, such as a socket');
  }
  if (stream.readableObjectMode || stream.writableObjectMode || (stream.readableEncoding ?? null) !== null) {
    throw new InvalidOptionError(
      'a connection needs a stream of bytes: neither of objects, nor of texts (setEncoding)',
    );
  }
  // As long as there is one, nothing flows, whoever else listens.
  if (stream.listenerCount('readable') > 0) {
    throw new InvalidOptionError(
      "a connection needs a stream that nobody else reads: take its 'readable' listener off",
    );
  }
}
