import type { Buffer } from 'node:buffer';

const LARGEST = 2n ** 64n - 1n;

/** How many digits that has: a longer number is not even looked at, since that would take long for one that fills a value. */
const MOST_DIGITS = 20;

const PLUS = 0x2b;
const ZERO = 0x30;

/**
 * The number that a value begins with, as memcached reads it (util.c, safe_strtoull): space before it is skipped, and a plus sign; space and whatever
 * stands behind that ends it. Undefined if it is none of 64 bits.
 */
export function parseCounter(buffer: Buffer, start: number, end: number): bigint | undefined {
  let i = start;
  while (i < end && isSpace(buffer[i]!)) i++;
  if (i < end && buffer[i] === PLUS) i++;
  const first = i;
  while (i < end && buffer[i] === ZERO) i++;
  const significant = i;
  while (i < end && buffer[i]! >= ZERO && buffer[i]! <= 0x39) i++;
  if (i === first || i - significant > MOST_DIGITS || (i < end && !isSpace(buffer[i]!))) return undefined;
  const value = BigInt(buffer.toString('latin1', significant, i));
  return value > LARGEST ? undefined : value;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
