import { Buffer } from 'node:buffer';

/** Bytes that last may keep at most this many times their own length of memory alive. */
export const SLACK = 4;

/** The class that Buffers really are. Its constructors make views and copies without the detours of the documented calls. */
const FastBuffer = (
  Buffer as unknown as {
    [Symbol.species]: {
      new (source: Uint8Array): Buffer;
      new (memory: ArrayBufferLike, offset: number, length: number): Buffer;
    };
  }
)[Symbol.species];

/**
 * The `length` bytes at `offset` of `memory` so that they can be kept: a view while `memory` is at most four times as large, else a
 * copy. Keeping a 32-byte key out of every 64 KiB read thus holds 32 bytes each, not 64 KiB.
 */
export function ownedBytes(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  return memory.byteLength <= SLACK * length ? new FastBuffer(memory, offset, length) : copyOut(memory, offset, length);
}

/** Up to this size a chunk is remembered: it is as large as what is read from a socket at a time. */
const MAX_REMEMBERED = 64 * 1024;

/** The chunk that was asked last for its memory: to ask takes longer than to make a Buffer of the answer. */
let asked: Uint8Array | undefined;
let askedMemory: ArrayBufferLike;
let askedOffset: number;

/** The `length` bytes at `start` of `source`, without a copy: what `source.subarray` makes, in half the time when it is asked again and again. */
export function bufferOver(source: Uint8Array, start: number, length: number): Buffer {
  if (source !== asked) {
    const { buffer, byteOffset } = source;
    // A larger one would be kept for as long as nobody asks for another.
    if (buffer.byteLength > MAX_REMEMBERED) return new FastBuffer(buffer, byteOffset + start, length);
    askedMemory = buffer;
    askedOffset = byteOffset;
    asked = source;
  }
  return new FastBuffer(askedMemory, askedOffset + start, length);
}

/** A copy with memory of its own: Buffer's pool would keep 8 to 64 KiB alive for it. */
export function copyOut(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  return new FastBuffer(new Uint8Array(memory, offset, length));
}
