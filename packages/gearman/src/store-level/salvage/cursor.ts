import type { Buffer } from 'node:buffer';

const UPPER = 2 ** 32;

/** Reads LevelDB's numbers and strings; what goes beyond the end throws a RangeError. */
export class Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Buffer, at: number = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  take(length: number): Buffer {
    const start = this.at;
    if (length > this.end - start) throw new RangeError('a length leads beyond the end');
    this.at = start + length;
    return this.bytes.subarray(start, this.at);
  }

  /** Seven bits a byte, the lowest first. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < Number.MAX_SAFE_INTEGER; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number has too many bytes');
  }

  uint32(): number {
    return this.take(4).readUInt32LE();
  }

  uint64(): number {
    const low = this.uint32();
    return this.uint32() * UPPER + low;
  }

  /** A string behind its length. */
  string(): Buffer {
    return this.take(this.varint());
  }
}
