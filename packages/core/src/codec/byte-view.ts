import type { Buffer } from 'node:buffer';

import type { Writable } from 'ts-essentials';

import { bufferOver, copyOut, ownedBytes } from './owned-bytes.ts';

/**
 * A message that still lies in the bytes that were received: a range, made without a copy and without an object per byte array.
 * It is valid until the hook that got it has settled; {@link retain} makes it last.
 */
export class ByteView {
  /** What the view is a range of. */
  readonly source: Uint8Array;
  /** Where it starts in {@link source}. */
  readonly start: number;
  /** Where it ends in {@link source}, exclusive. */
  readonly end: number;
  /** How many bytes of {@link source} behind the end belong to the same frame as it was received: its delimiter. */
  readonly trailer: number;

  constructor(source: Uint8Array, start: number = 0, end: number = source.length, trailer: number = 0) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.trailer = trailer;
  }

  /** Length in bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** The byte at `index`, or `undefined` beyond the end. */
  at(index: number): number | undefined {
    return index >= 0 && index < this.length ? this.source[this.start + index] : undefined;
  }

  /** The bytes without a copy: as short-lived as the view itself. */
  get bytes(): Buffer {
    return bufferOver(this.source, this.start, this.length);
  }

  /** A copy of the bytes that lasts. */
  toBytes(): Buffer {
    return copyOut(this.source.buffer, this.source.byteOffset + this.start, this.length);
  }

  /** The bytes as text, utf-8 unless told otherwise. */
  toString(encoding: BufferEncoding = 'utf8'): string {
    return this.bytes.toString(encoding);
  }

  /** Whether `other` has the same bytes. */
  equals(other: Uint8Array | ByteView): boolean {
    return this.bytes.equals(other instanceof ByteView ? other.bytes : other);
  }

  /** Makes the view own its bytes, so that it outlives the hook, and returns it. A small view pins no large buffer afterwards. */
  retain(): this {
    const owned = ownedBytes(this.source.buffer, this.source.byteOffset + this.start, this.length);
    const self = this as Writable<this>;
    self.source = owned;
    self.start = 0;
    self.end = owned.length;
    self.trailer = 0;
    return this;
  }

  static {
    // What `console.log` shows: the bytes of the view, and none of those around it.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: ByteView): string {
        const shown = this.bytes
          .subarray(0, 50)
          .toString('hex')
          .replaceAll(/..(?=.)/g, '$& ');
        return `<ByteView ${shown}${this.length > 50 ? ` ... ${this.length - 50} more bytes` : ''}>`;
      },
    });
  }
}
