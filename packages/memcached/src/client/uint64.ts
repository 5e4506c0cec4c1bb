import type { Uint64 } from '@wirewright/codec-memcached-text';
import { InvalidOptionError } from '@wirewright/core';

const MAX_UINT64 = 2n ** 64n - 1n;

/** Whether `value` is an unsigned integer of 64 bits, and exact. */
export function isUint64(value: Uint64): boolean {
  if (typeof value === 'bigint') return value >= 0n && value <= MAX_UINT64;
  return Number.isSafeInteger(value) && value >= 0;
}

/** @throws {InvalidOptionError} it is none, or not exact */
export function checkUint64(name: string, value: Uint64): void {
  if (isUint64(value)) return;
  throw new InvalidOptionError(`${name} is an unsigned 64-bit integer, above 2^53 - 1 a bigint, not ${String(value)}`);
}
