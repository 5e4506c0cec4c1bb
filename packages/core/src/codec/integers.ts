import type { Buffer } from 'node:buffer';

/** Byte order of a multi-byte integer. */
export type Endian = 'big' | 'little';

/** @throws {RangeError} `value` is no unsigned integer that `width` bytes can hold exactly */
export function checkFits(value: number, width: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || (width < 7 && value >= 2 ** (8 * width))) {
    throw new RangeError(`${value} does not fit an unsigned integer of ${width} bytes`);
  }
}

/** Writes `value` as `width` bytes at `at`. */
export function store(bytes: Buffer, at: number, value: number, width: number, endian: Endian): void {
  if (endian === 'big') {
    for (let i = at + width - 1; i >= at; i--, value = Math.floor(value / 256)) bytes[i] = value % 256;
  } else {
    for (let i = at; i < at + width; i++, value = Math.floor(value / 256)) bytes[i] = value % 256;
  }
}
