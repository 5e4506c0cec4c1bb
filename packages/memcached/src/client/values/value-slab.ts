import { Buffer } from 'node:buffer';

import type { ByteView } from '@wirewright/core/codec';

/** Values up to this size share memory: memory of its own takes as long as all the rest of a `get`. */
const SHARED = 1024;

/** Bytes that are shared at a time, and so the most that a short value keeps alive. */
const SLAB = 4096;

let slab = Buffer.allocUnsafeSlow(SLAB);
let used = 0;

/** A copy of `data` that lasts, and that keeps no more than 4 KiB alive when it is short. */
export function copyValue(data: ByteView): Buffer {
  const { length, source, start } = data;
  if (length > SHARED) return data.toBytes();
  if (used + length > SLAB) {
    slab = Buffer.allocUnsafeSlow(SLAB);
    used = 0;
  }
  const at = used;
  // What is next starts at a multiple of eight, as typed arrays that somebody makes of a value want it.
  used = (at + length + 7) & ~7;
  (source as Buffer).copy(slab, at, start, start + length);
  return slab.subarray(at, at + length);
}
