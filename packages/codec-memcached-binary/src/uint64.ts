import type { Buffer } from 'node:buffer';

import type { ByteWriter } from '@wirewright/core/codec';

/** An unsigned integer of 64 bits that is to be sent: a number up to 2^53 - 1, or a bigint. */
export type Uint64 = number | bigint;

const HIGH = 2 ** 32;
const MAX = 2n ** 64n - 1n;

/** A high word below leaves a safe integer. */
const SAFE_HIGH = 2 ** 21;

export function readUint32(source: Buffer, at: number): number {
  return ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0;
}

export function readUint64(source: Buffer, at: number): bigint {
  const high = readUint32(source, at);
  const low = readUint32(source, at + 4);
  // One bigint instead of four.
  return high < SAFE_HIGH ? BigInt(high * HIGH + low) : (BigInt(high) << 32n) | BigInt(low);
}

/** @throws {RangeError} `value` is no unsigned integer of 64 bits, or a number that may not be exact */
export function writeUint64(output: ByteWriter, value: Uint64, what: string): void {
  if (typeof value === 'number') {
    const low = value >>> 0;
    if (low === value) {
      output.u32(0);
    } else {
      if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(value, what);
      output.u32((value - low) / HIGH);
    }
    output.u32(low);
  } else {
    if (typeof value !== 'bigint' || value < 0n || value > MAX) throw outOfRange(value, what);
    output.u64(value);
  }
}

function outOfRange(value: unknown, what: string): RangeError {
  return new RangeError(`${what} must be an unsigned 64-bit integer, a bigint above 2^53 - 1, not ${String(value)}`);
}
