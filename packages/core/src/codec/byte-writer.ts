import { Buffer } from 'node:buffer';

import { ByteView } from './byte-view.ts';
import { copyShort, SHORT_COPY } from './copy-short.ts';
import { BY_REFERENCE, GatheredBytes } from './gathered-bytes.ts';
import { checkFits, type Endian, store } from './integers.ts';
import type { Slab } from './slab.ts';
import { checkText, SHORT_TEXT, type TextWriter, writeLatin1, writeUtf8 } from './text.ts';

/**
 * What a codec encodes into. Small payloads are copied, and those from 1 KiB on referred to, so they must not be changed until they are
 * sent. There is no way to skip bytes; who uses {@link reserve} has to see to that.
 */
export class ByteWriter extends GatheredBytes {
  /** Where the room that was reserved last ends. */
  #limit = 0;

  /** One byte. Like {@link u16} and {@link u32} it keeps the low bits of a value that is too large; {@link uint} refuses it. */
  u8(value: number): void {
    this.settle();
    this.ensure(1);
    this.memory[this.cursor++] = value;
  }

  /** Big-endian, 2 bytes. */
  u16(value: number): void {
    this.settle();
    this.ensure(2);
    this.view.setUint16(this.cursor, value);
    this.cursor += 2;
  }

  /** Big-endian, 4 bytes. */
  u32(value: number): void {
    this.settle();
    this.ensure(4);
    this.view.setUint32(this.cursor, value);
    this.cursor += 4;
  }

  /** Six times {@link u32}: a header at once takes half the time that six calls take. */
  u32s(a: number, b: number, c: number, d: number, e: number, f: number): void {
    this.settle();
    this.ensure(24);
    const view = this.view;
    const position = this.cursor;
    view.setUint32(position, a);
    view.setUint32(position + 4, b);
    view.setUint32(position + 8, c);
    view.setUint32(position + 12, d);
    view.setUint32(position + 16, e);
    view.setUint32(position + 20, f);
    this.cursor = position + 24;
  }

  /** Big-endian, 8 bytes, exact. */
  u64(value: bigint): void {
    this.settle();
    this.ensure(8);
    this.view.setBigUint64(this.cursor, value);
    this.cursor += 8;
  }

  /**
   * An unsigned integer of `width` bytes (1 to 8).
   *
   * @throws {RangeError} the value is negative, no safe integer, or too large for the width
   */
  uint(value: number, width: number, endian: Endian = 'big'): void {
    checkFits(value, width);
    this.settle();
    this.ensure(width);
    store(this.memory, this.cursor, value, width, endian);
    this.cursor += width;
  }

  /**
   * Base-128, least significant group first, as protobuf has it: 1 to 8 bytes for a safe integer.
   *
   * @throws {RangeError} the value is negative or no safe integer
   */
  varint(value: number): void {
    this.settle();
    this.ensure(8);
    // Most are lengths of one byte or two.
    if ((value & 0x7f) === value) {
      this.memory[this.cursor++] = value;
      return;
    }
    if ((value & 0x3fff) === value) {
      this.memory[this.cursor++] = (value & 0x7f) | 0x80;
      this.memory[this.cursor++] = value >>> 7;
      return;
    }
    checkFits(value, 8);
    while (value > 0x7f) {
      this.memory[this.cursor++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    this.memory[this.cursor++] = value;
  }

  /** Text of which each character is one byte, of those above U+00FF the low one; and behind it a `terminator`, if there is one. */
  latin1(text: string, terminator: string = ''): void {
    if (terminator === '') this.#write(text, 0xffff, writeLatin1);
    else this.joinText(text, terminator, writeLatin1);
  }

  /** Text as utf-8, and behind it a `terminator` of whole characters, if there is one; a lone surrogate becomes U+FFFD. */
  utf8(text: string, terminator: string = ''): void {
    if (terminator === '') this.#write(text, 0x7f, writeUtf8);
    else this.joinText(text, terminator, writeUtf8);
  }

  /** Copies small payloads and refers to those from 1 KiB on: do not change `bytes` until they are sent. */
  bytes(bytes: Uint8Array | ByteView): void {
    if (bytes instanceof ByteView) {
      this.range(bytes.source, bytes.start, bytes.end);
      return;
    }
    if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes are to be written as a Uint8Array or a ByteView');
    this.settle();
    const { length } = bytes;
    if (length >= BY_REFERENCE) {
      this.refer(bytes);
    } else {
      this.ensure(length);
      this.memory.set(bytes, this.cursor);
      this.cursor += length;
    }
  }

  /**
   * Copies the bytes `[start, end)` of `source` now, however many: for memory that is soon used for something else.
   *
   * @param view of all of `source`, if there is one: short copies then take half the time
   */
  copy(source: Uint8Array, start: number, end: number, view?: DataView): void {
    this.settle();
    const length = end - start;
    this.ensure(length);
    if (view !== undefined && length <= SHORT_COPY) {
      copyShort(view, start, end, this.view, this.cursor);
      this.cursor += length;
      return;
    }
    Buffer.prototype.copy.call(source, this.memory, this.cursor, start, end);
    this.cursor += length;
  }

  /**
   * Room for `n` bytes, for a codec that stores a short message straight into {@link target}: faster than a call for each field. Nothing of
   * it is written until {@link filled}; a codec that throws, or finds that it is another kind of message, leaves it at that.
   *
   * @returns where in the target the room begins
   */
  reserve(n: number): number {
    this.settle();
    this.ensure(n);
    this.#limit = this.cursor + n;
    return this.cursor;
  }

  /** What the room of {@link reserve} lies in, until anything else is written. */
  get target(): Slab {
    return this.slab;
  }

  /**
   * Writes what was stored in the room of {@link reserve}, up to `end`. It leaves as it is, so every byte in front of `end` must have been
   * stored, and nothing else written since.
   *
   * @throws {RangeError} `end` is behind the room
   */
  filled(end: number): void {
    if (end > this.#limit)
      throw new RangeError('more was filled than was reserved: reserve() takes what there can be at most');
    this.cursor = end;
  }

  /** A place in the message that {@link patch} can come back to, for a length that is known only behind the body. */
  mark(): number {
    this.settle();
    return this.cursor - this.origin;
  }

  /**
   * Overwrites `width` bytes at `mark`, which this message has written.
   *
   * @throws {RangeError} the value does not fit, or the place was not written yet
   */
  patch(mark: number, value: number, width: number, endian: Endian = 'big'): void {
    checkFits(value, width);
    this.settle();
    const at = this.origin + mark;
    if (mark < 0 || at + width > this.cursor) throw new RangeError('only bytes that were written can be patched');
    if (at >= 0) {
      store(this.memory, at, value, width, endian);
      return;
    }
    const { slab, origin } = this.earlier!.find(({ end }) => mark < end)!;
    store(slab.bytes, origin + mark, value, width, endian);
  }

  /** Writes text now; characters up to `single` are a byte each. */
  #write(text: string, single: number, writeText: TextWriter): void {
    checkText(text);
    this.settle();
    const { length } = text;
    if (length > SHORT_TEXT) {
      this.writeLong(text, writeText);
      return;
    }
    this.ensure(3 * length);
    const bytes = this.memory;
    const start = this.cursor;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > single) {
        this.writeLong(text, writeText);
        return;
      }
      bytes[start + i] = code;
    }
    this.cursor = start + length;
  }
}
