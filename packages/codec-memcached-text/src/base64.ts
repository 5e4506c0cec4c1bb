import { Buffer } from 'node:buffer';

import { readLatin1 } from '@wirewright/core/codec';

const EQUALS = 0x3d;

/** What `[start, end)` is in base64; `undefined` when it is none: Buffer, on its own, takes whatever there is. */
export function decodeBase64(source: Buffer, start: number, end: number): Buffer | undefined {
  const length = end - start;
  if (length === 0 || length % 4 !== 0) return undefined;
  const padding = source[end - 1] !== EQUALS ? 0 : source[end - 2] !== EQUALS ? 1 : 2;
  for (let at = start; at < end - padding; at++) if (!isDigit(source[at]!)) return undefined;
  return Buffer.from(readLatin1(source, start, end), 'base64');
}

function isDigit(byte: number): boolean {
  return (
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2f
  );
}
