import { Buffer } from 'node:buffer';

import type { Endian } from './byte-reader.ts';
import { ByteView } from './byte-view.ts';
import { writeLatin1, writeUtf8 } from './text.ts';

/** 64 KiB: what a slab holds, unless one message takes more. */
export const SLAB_SIZE: number = 64 * 1024;

/** From this many bytes on a payload goes to the socket by reference: a copy costs more than another segment of a writev. */
const BY_REFERENCE = 1024;

/** A payload that is sent by reference: it belongs behind the first `at` bytes that the message has in the slab. */
export interface Reference {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * What a codec encodes into. The bytes of a message lie one after the other in a slab, which many messages and connections share;
 * payloads from 1 KiB on are not copied but referred to, and must not be changed until they are sent.
 *
 * ```text
 *   slab   [ earlier messages | start ... this message ... position | free )
 *   references                              ^ at: a payload that belongs here
 * ```
 *
 * There is no way to skip bytes: what leaves was written, never left over.
 */
export class ByteWriter {
  #slab: Buffer;
  #view: DataView;
  #start = 0;
  #position = 0;
  #references: Reference[] | undefined = undefined;
  #referenced = 0;
  /** Regions of this slab that wait to be written. */
  #regions = 0;
  /** Below lie bytes that a write in progress still reads: left to the garbage collector with the slab. */
  #floor = 0;

  constructor(size: number = SLAB_SIZE) {
    this.#slab = Buffer.allocUnsafeSlow(size);
    this.#view = viewOf(this.#slab);
  }

  // ---------------------------------------------------------------- what a codec uses

  /** Bytes of the message so far, the ones by reference included. */
  get length(): number {
    return this.#position - this.#start + this.#referenced;
  }

  u8(value: number): void {
    this.#ensure(1);
    this.#slab[this.#position++] = value;
  }

  /** Big-endian, 2 bytes. */
  u16(value: number): void {
    this.#ensure(2);
    this.#view.setUint16(this.#position, value);
    this.#position += 2;
  }

  /** Big-endian, 4 bytes. */
  u32(value: number): void {
    this.#ensure(4);
    this.#view.setUint32(this.#position, value);
    this.#position += 4;
  }

  /** Big-endian, 8 bytes, exact. */
  u64(value: bigint): void {
    this.#ensure(8);
    this.#view.setBigUint64(this.#position, value);
    this.#position += 8;
  }

  /**
   * An unsigned integer of `width` bytes (1 to 8).
   *
   * @throws {RangeError} the value is negative, no safe integer, or too large for the width
   */
  uint(value: number, width: number, endian: Endian = 'big'): void {
    this.#ensure(width);
    this.#store(this.#position, value, width, endian);
    this.#position += width;
  }

  /**
   * Base-128, least significant group first, as protobuf has it: 1 to 8 bytes for a safe integer.
   *
   * @throws {RangeError} the value is negative or no safe integer
   */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no unsigned integer that a varint can carry`);
    this.#ensure(8);
    while (value > 0x7f) {
      this.#slab[this.#position++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    this.#slab[this.#position++] = value;
  }

  /** Text of which each character is one byte; of characters above U+00FF only the low byte is kept. */
  latin1(text: string): void {
    this.#ensure(text.length);
    this.#position += writeLatin1(this.#slab, text, this.#position);
  }

  utf8(text: string): void {
    // Three bytes a character are the most there can be; counting is left to texts for which that guess would waste a slab.
    this.#ensure(text.length < 4096 ? 3 * text.length : Buffer.byteLength(text));
    this.#position += writeUtf8(this.#slab, text, this.#position);
  }

  /** Copies small payloads and refers to those from 1 KiB on: do not change `bytes` until they are sent. */
  bytes(bytes: Uint8Array | ByteView): void {
    const length = bytes.length;
    if (length >= BY_REFERENCE) {
      this.#references ??= [];
      this.#references.push({ at: this.#position - this.#start, bytes: bytes instanceof ByteView ? bytes.bytes : bytes });
      this.#referenced += length;
      return;
    }
    this.#ensure(length);
    if (bytes instanceof ByteView) bytes.copyTo(this.#slab, this.#position);
    else this.#slab.set(bytes, this.#position);
    this.#position += length;
  }

  /** A place in the message that {@link patch} can come back to, for a length that is known only behind the body. */
  mark(): number {
    return this.#position - this.#start;
  }

  /**
   * Overwrites `width` bytes at `mark`, which were written before.
   *
   * @throws {RangeError} the value does not fit, or the place was not written yet
   */
  patch(mark: number, value: number, width: number, endian: Endian = 'big'): void {
    const at = this.#start + mark;
    if (mark < 0 || at + width > this.#position) throw new RangeError('only bytes that were written can be patched');
    this.#store(at, value, width, endian);
  }

  // ---------------------------------------------------------------- what drives a codec uses

  /** Starts a message. */
  begin(): void {
    this.#start = this.#position;
    // A slab made for one large message goes with it.
    if (this.#slab.length > SLAB_SIZE) this.#replace(SLAB_SIZE);
    this.#references = undefined;
    this.#referenced = 0;
  }

  /** Takes back all that was written since {@link begin}. */
  rollback(): void {
    this.#position = this.#start;
    this.#references = undefined;
    this.#referenced = 0;
  }

  /** The slab that has the message at `[start, position)`. */
  get slab(): Buffer {
    return this.#slab;
  }

  get start(): number {
    return this.#start;
  }

  get position(): number {
    return this.#position;
  }

  /** Payloads by reference in the order they were written, if there are any. */
  get references(): readonly Reference[] | undefined {
    return this.#references;
  }

  /** Counts a region of the slab that somebody is about to write. */
  hold(): void {
    this.#regions++;
  }

  /**
   * Ends a {@link hold}. When nobody holds a region any more, the slab is used again from the start, or from above the regions that
   * a write in progress still reads.
   *
   * @param end where the region ends
   * @param free whether nothing reads the region any more
   */
  release(slab: Buffer, end: number, free: boolean): void {
    if (slab !== this.#slab) return;
    if (!free && end > this.#floor) this.#floor = end;
    if (--this.#regions === 0) this.#position = this.#start = this.#floor;
  }

  /** The message as bytes of its own. */
  toBytes(): Buffer {
    const parts: Uint8Array[] = [];
    let from = this.#start;
    for (const { at, bytes } of this.#references ?? []) {
      parts.push(this.#slab.subarray(from, this.#start + at), bytes);
      from = this.#start + at;
    }
    parts.push(this.#slab.subarray(from, this.#position));
    return Buffer.concat(parts);
  }

  // ---------------------------------------------------------------- inside

  #ensure(n: number): void {
    if (this.#position + n > this.#slab.length) this.#replace(Math.max(SLAB_SIZE, 2 * (this.#position - this.#start) + n));
  }

  /** Goes on in a new slab and takes what the message has so far along. */
  #replace(size: number): void {
    const slab = Buffer.allocUnsafeSlow(size);
    this.#position = this.#slab.copy(slab, 0, this.#start, this.#position);
    this.#start = 0;
    this.#slab = slab;
    this.#view = viewOf(slab);
    this.#regions = 0;
    this.#floor = 0;
  }

  #store(at: number, value: number, width: number, endian: Endian): void {
    if (!Number.isSafeInteger(value) || value < 0 || (width < 7 && value >= 2 ** (8 * width))) {
      throw new RangeError(`${value} does not fit an unsigned integer of ${width} bytes`);
    }
    if (endian === 'big') {
      for (let i = at + width - 1; i >= at; i--, value = Math.floor(value / 256)) this.#slab[i] = value % 256;
    } else {
      for (let i = at; i < at + width; i++, value = Math.floor(value / 256)) this.#slab[i] = value % 256;
    }
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
