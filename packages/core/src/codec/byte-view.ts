import { Buffer } from 'node:buffer';

import { copyOut, ownedBytes } from './owned-bytes.ts';

/**
 * A message that still lies in the bytes that were received: a range, made without a copy and without an object per byte array.
 * It is valid until the hook that got it has settled; {@link retain} makes it last.
 */
export class ByteView {
  #source: Uint8Array;
  #start: number;
  #end: number;

  constructor(source: Uint8Array, start: number = 0, end: number = source.length) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  /** Length in bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The byte at `index`, or `undefined` beyond the end. */
  at(index: number): number | undefined {
    return index >= 0 && index < this.length ? this.#source[this.#start + index] : undefined;
  }

  /** The bytes without a copy: as short-lived as the view itself. */
  get bytes(): Buffer {
    return Buffer.from(this.#source.buffer, this.#source.byteOffset + this.#start, this.length);
  }

  /** A copy of the bytes that lasts. */
  toBytes(): Buffer {
    return copyOut(this.#source, this.#start, this.#end);
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
    const owned = ownedBytes(this.#source, this.#start, this.#end);
    this.#source = owned;
    this.#start = 0;
    this.#end = owned.length;
    return this;
  }

  /** Copies the bytes to `target` at `offset`; returns how many. */
  copyTo(target: Uint8Array, offset: number): number {
    return copyRange(this.#source, this.#start, this.#end, target, offset);
  }
}

/** `Buffer.prototype.copy` for any Uint8Array: the fastest range copy that takes no view of the source. */
function copyRange(source: Uint8Array, start: number, end: number, target: Uint8Array, offset: number): number {
  return Buffer.prototype.copy.call(source, target, offset, start, end);
}
