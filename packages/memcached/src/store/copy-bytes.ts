import type { Buffer } from 'node:buffer';

import { copyShort, SHORT_COPY } from '@wirewright/core/codec';

/** Up to so many bytes a plain loop is fastest. */
const TINY = 16;

/** What was copied from last, and a view of it, made when it was copied from for the second time: many values come in one chunk, or one. */
let lastSource: Buffer | undefined;
let lastView: DataView | undefined;

/** Copies the bytes from `start` to `end` of `from` to `at` of a page. */
export function copyBytes(from: Buffer, start: number, end: number, to: Buffer, toView: DataView, at: number): void {
  const length = end - start;
  if (length <= TINY) {
    for (let i = start, j = at; i < end; i++, j++) to[j] = from[i]!;
    return;
  }
  if (length <= SHORT_COPY) {
    if (from === lastSource) {
      lastView ??= new DataView(from.buffer, from.byteOffset, from.length);
      copyShort(lastView, start, end, toView, at);
      return;
    }
    lastSource = from;
    lastView = undefined;
  }
  from.copy(to, at, start, end);
}

/** Writes a whole number in decimal digits. Returns where they end. */
export function writeDecimal(to: Buffer, at: number, value: number): number {
  let end = at + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
  let rest = value;
  for (let i = end - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    to[i] = 0x30 + rest - next * 10;
    rest = next;
  }
  return end;
}

/** How many digits {@link writeDecimal} writes. */
export function decimalLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) length++;
  return length;
}
