import { Buffer } from 'node:buffer';

import { ByteView } from '@wirewright/core/codec';

/** Values up to this size share memory: memory of its own for each takes as long as all the rest of a `get`. */
const SHORT = 1024;

/** Bytes that are shared at a time, and so the most that a short value keeps alive: what Node's own pool does for short Buffers. */
const SHARED = 8 * 1024;

/** The chunk that a value was kept of last, the part of it that lasts, and what that lies in now. */
let chunk: Uint8Array | undefined;
let from = 0;
let to = 0;
let kept: Uint8Array = Buffer.alloc(0);

/**
 * The bytes of a value so that they last. Short ones that were received together lie side by side: in what was received when that is small, else in one copy
 * of so much of it.
 */
export function keepValue(data: ByteView): Buffer {
  const { source, start, end } = data;
  // Without a copy where it fills most of what it lies in, as a value that came in many chunks does.
  if (end - start > SHORT) return data.retain().bytes;
  if (source !== chunk || start < from || end > to) share(source, start);
  return kept === source ? data.bytes : new ByteView(kept, start - from, end - from).bytes;
}

function share(source: Uint8Array, start: number): void {
  chunk = source;
  if (source.buffer.byteLength <= SHARED) {
    from = 0;
    to = source.length;
    kept = source;
    return;
  }
  from = start;
  to = Math.min(start + SHARED, source.length);
  kept = Buffer.allocUnsafeSlow(to - from);
  kept.set(source.subarray(from, to));
}
