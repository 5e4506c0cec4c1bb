import type { Buffer } from 'node:buffer';

/** Up to so many bytes a loop is faster than a call into the runtime. */
const SHORT = 64;

/** Copies the bytes from `start` to `end` of one to `at` of the other. */
export function copyBytes(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > SHORT) {
    from.copy(to, at, start, end);
    return;
  }
  for (let i = start, j = at; i < end; i++, j++) to[j] = from[i]!;
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
