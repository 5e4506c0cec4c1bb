import type { Buffer } from 'node:buffer';

import { copyBytes, decimalLength, writeDecimal } from './copy-bytes.ts';
import { HEAD, KEY_AT, VALUE_PREFIX } from './item-layout.ts';
import type { Bytes } from './store.ts';

/** Bytes between the key and the value: ` <flags> <length>\r\n`. */
export function suffixLengthFor(flags: number, length: number): number {
  return decimalLength(flags) + decimalLength(length) + 4;
}

/**
 * Writes what stands around the value of the item that begins at `offset` and has `size` bytes, as a text client gets it. All of it byte by byte: it is
 * short, and each call into the runtime costs more.
 */
export function writeWire(
  page: Buffer,
  view: DataView,
  offset: number,
  size: number,
  key: Bytes,
  flags: number,
  length: number,
): void {
  for (let i = 0; i < VALUE_PREFIX.length; i++) page[offset + HEAD + i] = VALUE_PREFIX[i]!;
  copyBytes(key.buffer, key.start, key.end, page, view, offset + KEY_AT);
  const suffix = offset + KEY_AT + key.end - key.start;
  page[suffix] = 0x20;
  const afterFlags = writeDecimal(page, suffix + 1, flags);
  page[afterFlags] = 0x20;
  const afterLength = writeDecimal(page, afterFlags + 1, length);
  page[afterLength] = 0x0d;
  page[afterLength + 1] = 0x0a;
  page[offset + size - 2] = 0x0d;
  page[offset + size - 1] = 0x0a;
}
