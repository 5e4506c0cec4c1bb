/** Of the longest key whose length the store can keep: 255 bytes. */
const MAX_BLOCKS = 64;

/**
 * The bytes that were hashed last, four in each, the first in the lowest bits, and what is left over with zeros above: to compare them with others
 * takes a quarter of the time that it takes byte by byte.
 */
export const blocks: Int32Array = new Int32Array(MAX_BLOCKS);

/**
 * MurmurHash3 (32 bit) of the bytes from `start` to `end`. The seed is the process's own: nobody outside can choose keys that all fall
 * into one bucket.
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  let i = start;
  let count = 0;
  for (const last = end - 3; i < last; i += 4) {
    let block = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    blocks[count++] = block;
    block = Math.imul(block, 0xcc9e2d51);
    block = Math.imul((block << 15) | (block >>> 17), 0x1b873593);
    hash ^= block;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (i < end) {
    let block = bytes[i]!;
    if (i + 1 < end) block |= bytes[i + 1]! << 8;
    if (i + 2 < end) block |= bytes[i + 2]! << 16;
    blocks[count] = block;
    block = Math.imul(block, 0xcc9e2d51);
    hash ^= Math.imul((block << 15) | (block >>> 17), 0x1b873593);
  }
  hash ^= end - start;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
