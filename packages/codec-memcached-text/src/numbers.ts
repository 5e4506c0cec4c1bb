import type { Buffer } from 'node:buffer';

import { readLatin1 } from '@wirewright/core/codec';

/** An unsigned 64-bit integer: a number as long as that is exact, up to 2^53 - 1, and a bigint above. So equal ones are `===`. */
export type Uint64 = number | bigint;

/** What the readers of 32-bit integers return for what is none. */
export const NO_INTEGER: number = 2 ** 40;

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;

const MAX_UINT64 = 2n ** 64n - 1n;

/** So many digits are surely exact as a number. */
const EXACT_DIGITS = 15;

/** The length in `[start, end)`: up to 2^31 - 1; or {@link NO_INTEGER}. */
export function readLength(source: Buffer, start: number, end: number): number {
  let at = source[start] === PLUS ? start + 1 : start;
  if (at === end) return NO_INTEGER;
  let value = 0;
  for (; at < end; at++) {
    const digit = source[at]! - ZERO;
    if (digit < 0 || digit > 9) return NO_INTEGER;
    value = value * 10 + digit;
    if (value > 0x7fff_ffff) return NO_INTEGER;
  }
  return value;
}

/** The signed integer in `[start, end)`, or {@link NO_INTEGER}: up to 64 bits are taken, and the lower 32 kept, as memcached does. */
export function readInt32(source: Buffer, start: number, end: number): number {
  if (start >= end) return NO_INTEGER;
  const sign = source[start];
  const first = sign === MINUS || sign === PLUS ? start + 1 : start;
  if (first === end) return NO_INTEGER;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = source[at]! - ZERO;
    if (digit < 0 || digit > 9) return NO_INTEGER;
    value = value * 10 + digit;
  }
  if (value <= 0x7fff_ffff) return sign === MINUS ? -value | 0 : value;
  const digits = readLatin1(source, first, end);
  const exact = sign === MINUS ? -BigInt(digits) : BigInt(digits);
  return BigInt.asIntN(64, exact) === exact ? Number(BigInt.asIntN(32, exact)) : NO_INTEGER;
}

/** The client flags in `[start, end)`, or {@link NO_INTEGER}: up to 64 bits are taken, and 32 of them kept, as memcached does. */
export function readFlags(source: Buffer, start: number, end: number): number {
  const at = source[start] === PLUS ? start + 1 : start;
  if (end - at === 1) {
    // Nearly always `0`.
    const digit = source[at]! - ZERO;
    return digit >= 0 && digit <= 9 ? digit : NO_INTEGER;
  }
  const value = readUint64(source, at, end);
  if (typeof value === 'bigint') return Number(value & 0xffff_ffffn);
  return value < 0 ? NO_INTEGER : value % 0x1_0000_0000;
}

/** The unsigned 64-bit integer in `[start, end)`, or -1. */
export function readUint64(source: Buffer, start: number, end: number): Uint64 {
  if (start >= end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = source[at]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  if (end - start <= EXACT_DIGITS) return value;
  const exact = BigInt(readLatin1(source, start, end));
  return exact > MAX_UINT64 ? -1 : uint64(exact);
}

/** A bigint as it is given out. */
function uint64(value: bigint): Uint64 {
  return value <= 0x1f_ffff_ffff_ffffn ? Number(value) : value;
}

/** The two halves of a 64-bit integer as one. */
export function joinHalves(high: number, low: number): Uint64 {
  return high < 0x20_0000 ? high * 0x1_0000_0000 + (low >>> 0) : (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/**
 * `value` in digits.
 *
 * @throws {RangeError} it is no unsigned 64-bit integer
 */
export function uint64Text(value: Uint64, name: string): string {
  const fits =
    typeof value === 'bigint' ? value >= 0n && value <= MAX_UINT64 : Number.isSafeInteger(value) && value >= 0;
  if (!fits) throw new RangeError(`${name} is an unsigned 64-bit integer, above 2^53 - 1 a bigint, not ${value}`);
  return String(value);
}
