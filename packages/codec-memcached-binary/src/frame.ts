/*
 * A frame of the binary protocol; numbers are big-endian.
 *
 *    0        1        2                 4        5        6                 8
 *   +--------+--------+-----------------+--------+--------+-----------------+--------------------------+
 *   | 80 81  | opcode |  key length     | extras | type 0 | vbucket, status |  body length             |
 *   +--------+--------+-----------------+--------+--------+-----------------+--------------------------+
 *   | opaque                            | cas                                                          |
 *   +-----------------------------------+--------------------------------------------------------------+
 *   | extras, then key, then value: the body                                                           |
 *   +--------------------------------------------------------------------------------------------------+
 *  24
 */
import type { Buffer } from 'node:buffer';

import { ByteView, readLatin1, readUtf8 } from '@wirewright/core/codec';

import { HEADER } from './options.ts';
import { readUint32, readUint64 } from './uint64.ts';

/** Up to this many bytes it pays to look whether a key is ASCII. */
const SHORT_KEY = 32;

/**
 * What requests and responses have in common. A frame lies where it was received: each field is read when it is asked for, and costs
 * nothing else. It is valid until the hook that got it has settled; {@link retain} makes it last.
 *
 * Whatever the lengths in the header claim, nothing beyond the frame is read.
 *
 * The prototypes of {@link BinaryRequest} and {@link BinaryResponse} inherit from this one, but their classes are not derived of it and assign these fields
 * themselves: the constructor of a derived class often stays a call of its own.
 */
export abstract class Frame {
  /** What the frame lies in; offsets count in it. */
  declare source: Buffer;
  /** Where it starts. */
  declare start: number;
  /** Where it, and its value, ends; of a frame that is too large, where its value would start. */
  declare end: number;
  /** @internal What {@link opaque} was set to; -1 when it is as it was received. */
  declare newOpaque: number;

  /** What to do, or what was done: one of `Opcode`, or any other byte. */
  get opcode(): number {
    return this.source[this.start + 1]!;
  }

  /**
   * 32 bits that a client chooses, and a server sends back. To set it does not touch the received bytes: the frame is sent on with the new
   * one, as a relay does that has ids of its own.
   */
  get opaque(): number {
    const { newOpaque } = this;
    return newOpaque < 0 ? readUint32(this.source, this.start + 12) : newOpaque;
  }

  set opaque(value: number) {
    if (value >>> 0 !== value) throw new RangeError(`opaque must be an unsigned 32-bit integer, not ${value}`);
    this.newOpaque = value;
  }

  /** The version of an item; 0 for none. */
  get cas(): bigint {
    return readUint64(this.source, this.start + 16);
  }

  /** The high 32 bits of {@link cas}. */
  get casHigh(): number {
    return readUint32(this.source, this.start + 16);
  }

  /** The low 32 bits of {@link cas}. */
  get casLow(): number {
    return readUint32(this.source, this.start + 20);
  }

  /** Whether {@link cas} is not 0. */
  get hasCas(): boolean {
    return (this.casHigh | this.casLow) !== 0;
  }

  /** Bytes of extras, as the header says. */
  get extrasLength(): number {
    return this.source[this.start + 4]!;
  }

  /** Bytes of the key, as the header says. */
  get keyLength(): number {
    const { source, start } = this;
    return (source[start + 2]! << 8) | source[start + 3]!;
  }

  /** Bytes of extras, key and value together, as the header says. */
  get bodyLength(): number {
    return readUint32(this.source, this.start + 8);
  }

  /** Bytes of the value, as the header says: of one that was too large and is not there, too. */
  get valueLength(): number {
    return Math.max(0, this.bodyLength - this.extrasLength - this.keyLength);
  }

  /** Whether the body was longer than `maxFrameLength`: then the value was skipped and is empty here. */
  get tooLarge(): boolean {
    return this.end - this.start < HEADER + this.bodyLength;
  }

  /** The extras, for opcodes that the getters know nothing of. Valid as long as the frame. */
  get extras(): Buffer {
    const at = this.start + HEADER;
    return new ByteView(this.source, at, Math.min(this.end, at + this.extrasLength)).bytes;
  }

  /** The key as utf-8; empty when there is none. What is not valid becomes U+FFFD: to tell keys apart take {@link latin1Key}. */
  get key(): string {
    const { source } = this;
    const start = this.keyStart();
    const end = this.valueStart();
    if (end - start > SHORT_KEY) return readUtf8(source, start, end);
    for (let i = start; i < end; i++) if (source[i]! >= 0x80) return readUtf8(source, start, end);
    return readLatin1(source, start, end);
  }

  /** The key with each byte as one character, so that different keys are different texts. */
  get latin1Key(): string {
    return readLatin1(this.source, this.keyStart(), this.valueStart());
  }

  /** The key where it was received, valid as long as the frame. */
  get keyView(): ByteView {
    return new ByteView(this.source, this.keyStart(), this.valueStart());
  }

  /** The value as bytes, without a copy: valid as long as the frame. Empty when there is none. */
  get value(): Buffer {
    return this.valueView.bytes;
  }

  /** The value where it was received, valid as long as the frame. To send it on takes no copy when it is long. */
  get valueView(): ByteView {
    return new ByteView(this.source, this.valueStart(), this.end);
  }

  /** The value as utf-8; what is not valid becomes U+FFFD. */
  text(): string {
    return readUtf8(this.source, this.valueStart(), this.end);
  }

  /** Whether both have the same cas. */
  sameCas(other: { readonly casHigh: number; readonly casLow: number }): boolean {
    return this.casLow === other.casLow && this.casHigh === other.casHigh;
  }

  /** Makes the frame own its bytes, so that it outlives the hook, and returns it. A small one pins no large buffer afterwards. */
  retain(): this {
    const owned = new ByteView(this.source, this.start, this.end).retain();
    this.source = owned.source as Buffer;
    this.start = owned.start;
    this.end = owned.end;
    return this;
  }

  /** What is in the frame, and none of the bytes around it. */
  abstract toJSON(): object;

  static {
    // What `console.log` shows: the same.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Frame): object {
        return this.toJSON();
      },
    });
  }

  /** Where the key starts. */
  keyStart(): number {
    const { source, start } = this;
    return Math.min(this.end, start + HEADER + source[start + 4]!);
  }

  /** Where the key ends and the value starts. */
  valueStart(): number {
    const { source, start } = this;
    return Math.min(this.end, start + HEADER + source[start + 4]! + ((source[start + 2]! << 8) | source[start + 3]!));
  }

  /** @internal The 32 bits at `at` of the extras; 0 when there are not as many. */
  extra32(at: number): number {
    const { source, start } = this;
    const from = start + HEADER + at;
    return at + 4 > source[start + 4]! || from + 4 > this.end ? 0 : readUint32(source, from);
  }

  /** @internal The 64 bits at `at` of the extras; 0 when there are not as many. */
  extra64(at: number): bigint {
    const { source, start } = this;
    const from = start + HEADER + at;
    return at + 8 > source[start + 4]! || from + 8 > this.end ? 0n : readUint64(source, from);
  }
}
