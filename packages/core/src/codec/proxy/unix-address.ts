import { Buffer } from 'node:buffer';

import { readUtf8 } from '../text.ts';

/** Bytes of the address of a unix socket, filled up with zeroes. */
export const UNIX_LENGTH = 108;

/**
 * The path at `at`; that of an abstract socket begins with a zero byte, and then only those at the end are no part of it. A socket
 * without an address has an empty one.
 */
export function readUnixAddress(bytes: Buffer, at: number): string {
  let end = at + UNIX_LENGTH;
  if (bytes[at] === 0) {
    while (end > at && bytes[end - 1] === 0) end--;
  } else {
    const zero = bytes.subarray(at, end).indexOf(0);
    if (zero >= 0) end = at + zero;
  }
  return readUtf8(bytes, at, end);
}

/**
 * Writes the path to the zeroes at `at`.
 *
 * @throws {RangeError} who reads it would not read this path
 */
export function writeUnixAddress(bytes: Buffer, at: number, address: string): void {
  if (typeof address !== 'string' || Buffer.byteLength(address) > UNIX_LENGTH) {
    throw new RangeError(`the address of a unix socket must be a path of at most ${UNIX_LENGTH} bytes`);
  }
  bytes.write(address, at);
  if (readUnixAddress(bytes, at) !== address) {
    throw new RangeError(
      'the path of a unix socket must be text without a zero byte, but for those in front of and in an abstract one',
    );
  }
}
