import type { Duplex } from 'node:stream';

import { InvalidOptionError } from '../codec/errors.ts';

/** @throws {InvalidOptionError} it is no stream, or one that yields or takes something else than bytes */
export function checkBytes(stream: Duplex): void {
  if (typeof stream?.read !== 'function' || typeof stream.write !== 'function') {
    throw new InvalidOptionError('a connection needs a stream that can be read and written, such as a socket');
  }
  if (stream.readableObjectMode || stream.writableObjectMode || (stream.readableEncoding ?? null) !== null) {
    throw new InvalidOptionError(
      'a connection needs a stream of bytes: neither of objects, nor of texts (setEncoding)',
    );
  }
}
