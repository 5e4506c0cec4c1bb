import { Buffer } from 'node:buffer';

/** Jenkins' one-at-a-time hash, as libhashkit has it: bytes above 127 count as negative (libhashkit/one_at_a_time.cc). */
export function oneAtATime(key: string | Buffer): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key;
  let h = 0;
  for (const byte of bytes) {
    h = (h + ((byte << 24) >> 24)) | 0;
    h = (h + (h << 10)) | 0;
    h ^= h >>> 6;
  }
  h = (h + (h << 3)) | 0;
  h ^= h >>> 11;
  return (h + (h << 15)) >>> 0;
}
