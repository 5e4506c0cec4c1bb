import type { Buffer } from 'node:buffer';

const C1 = 0xcc9e2d51 | 0;
const C2 = 0x1b873593;

/** MurmurHash3, x86 with 32 bits (Austin Appleby, in the public domain), with seed 0. */
export function murmur3(bytes: Buffer): number {
  const { length } = bytes;
  const whole = length & ~3;
  let h = 0;
  for (let at = 0; at < whole; at += 4) {
    h ^= mix(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
  if (whole < length) h ^= mix(rest);
  h ^= length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mix(word: number): number {
  const k = Math.imul(word, C1);
  return Math.imul((k << 15) | (k >>> 17), C2);
}
