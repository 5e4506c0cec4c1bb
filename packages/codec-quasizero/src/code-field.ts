import type { Buffer } from 'node:buffer';

import type { ByteWriter } from '@wirewright/core/codec';

import { Tag } from './tags.ts';
import { varintLength } from './varint-length.ts';

/** Bytes of a negative code: it is written with the 64 bits that protobuf has for every integer. */
const LONGEST = 11;

/**
 * How many bytes the field takes; none for 0.
 *
 * @throws {RangeError} the code is no signed 32-bit integer
 */
export function codeLength(code: number): number {
  if ((code | 0) !== code) throw new RangeError(`a code is a signed 32-bit integer, not ${code}`);
  if (code === 0) return 0;
  return code < 0 ? LONGEST : 1 + varintLength(code);
}

/** Stores the field at `at`, if the code is not 0. Returns where it ends. */
export function storeCode(bytes: Buffer, at: number, code: number): number {
  if (code === 0) return at;
  bytes[at++] = Tag.Code;
  if (code > 0) {
    for (; code > 0x7f; code >>>= 7) bytes[at++] = (code & 0x7f) | 0x80;
    bytes[at++] = code;
    return at;
  }
  for (let group = 0; group < 9; group++, code >>= 7) bytes[at++] = (code & 0x7f) | 0x80;
  bytes[at++] = 1;
  return at;
}

export function writeCode(output: ByteWriter, code: number): void {
  const start = output.reserve(LONGEST);
  output.filled(storeCode(output.target.bytes, start, code));
}
