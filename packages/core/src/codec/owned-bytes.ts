import { Buffer } from 'node:buffer';

/** Bytes that last may keep at most this many times their own length of memory alive. */
export const SLACK = 4;

/**
 * The bytes `[start, end)` of `source` so that they can be kept: a view while the memory behind `source` is at most four times as
 * large, else a copy. Keeping a 32-byte key out of every 64 KiB read thus holds 32 bytes each, not 64 KiB.
 */
export function ownedBytes(source: Uint8Array, start: number, end: number): Buffer {
  const length = end - start;
  // The length of `source` is looked at first: asking a small on-heap array for its `buffer` moves it off the heap.
  if (source.length <= SLACK * length && source.buffer.byteLength <= SLACK * length) {
    return Buffer.from(source.buffer, source.byteOffset + start, length);
  }
  return copyOut(source, start, end);
}

/** The class that Buffers really are. Its constructor copies an array into memory of its own, which no documented call does as fast. */
const FastBuffer = (Buffer as unknown as { [Symbol.species]: new (source: Uint8Array) => Buffer })[Symbol.species];

/** A copy with memory of its own: Buffer's pool would keep 8 to 64 KiB alive for it. */
export function copyOut(source: Uint8Array, start: number, end: number): Buffer {
  return new FastBuffer(new Uint8Array(source.buffer, source.byteOffset + start, end - start));
}
