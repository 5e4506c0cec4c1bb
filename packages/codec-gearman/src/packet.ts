/*
 * A packet; numbers are big-endian.
 *
 *    0                 4                 8                 12
 *   +-----------------+-----------------+-----------------+------------+----+------------+----+------------------+
 *   | 00 R E Q, R E S | type            | length          | argument   | 00 | argument   | 00 | last, any bytes  |
 *   +-----------------+-----------------+-----------------+------------+----+------------+----+------------------+
 *                                                         [ length bytes                                         ]
 *
 * The type says how many arguments there are. So many less one NULs separate them: those behind are part of the last one, where that is data,
 * and end it where it is a name.
 */
import type { Buffer } from 'node:buffer';

import { ByteView, readLatin1, readUtf8 } from '@wirewright/core/codec';

import { HEADER } from './options.ts';
import { ARGUMENTS, DATA, LAST_TYPE, packetName } from './packet-rules.ts';
import { readUint32 } from './read-uint32.ts';

/** The last of `\\0RES`. */
const RESPONSE_LETTER = 0x53;

/** Names are short: up to so many bytes are looked at one by one before the runtime is asked to search. */
const SHORT_SCAN = 48;

/** Up to so many bytes it pays to look whether a text is ASCII. */
const SHORT_TEXT = 32;

/**
 * A packet where it was received: its arguments are looked for when they are asked for, and cost nothing else. It is valid until the hook
 * that got it has settled; {@link retain} makes it last. To send it on takes no encoding, whatever type it is of.
 *
 * An argument that is missing reads as empty; {@link complete} tells.
 */
export class Packet {
  /** What the packet lies in; offsets count in it. */
  source: Buffer;
  /** Where it starts. */
  start: number;
  /** Where it ends. */
  end: number;
  /** What it is: a number of `PacketType`, or any other. */
  readonly type: number;
  /** @internal Which argument was found last, and where it lies: most are read in order, and none is to be looked for twice. */
  found: number;
  /** @internal */
  from: number;
  /** @internal */
  to: number;

  /** @internal */
  constructor(source: Buffer, start: number, end: number) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.type = readUint32(source, start + 4);
    this.found = -1;
    this.from = 0;
    this.to = 0;
  }

  /** What PROTOCOL calls it. */
  get name(): string {
    return packetName(this.type);
  }

  /** Whether it came as a response, `\0RES`: from a server. */
  get isResponse(): boolean {
    return this.source[this.start + 3] === RESPONSE_LETTER;
  }

  /** How many arguments a packet of its type has; 0 for a type that there is not. */
  get argumentCount(): number {
    const { type } = this;
    return type <= LAST_TYPE ? Math.max(0, ARGUMENTS[type]!) : 0;
  }

  /** Whether all arguments of its type are there; false for a type that there is not. */
  get complete(): boolean {
    const { type } = this;
    const count = type <= LAST_TYPE ? ARGUMENTS[type]! : -1;
    return count < 2 ? count >= 0 : this.find(count - 1);
  }

  /** All behind the header, valid as long as the packet. */
  get body(): ByteView {
    return new ByteView(this.source, this.start + HEADER, this.end);
  }

  /** Where the argument `index` starts in {@link source}; -1 when it is not there. */
  startOf(index: number): number {
    return this.find(index) ? this.from : -1;
  }

  /** An argument where it was received, valid as long as the packet. To send it on takes no copy when it is long. */
  view(index: number): ByteView {
    return this.find(index)
      ? new ByteView(this.source, this.from, this.to)
      : new ByteView(this.source, this.end, this.end);
  }

  /** An argument as bytes, without a copy: valid as long as the packet. */
  bytes(index: number): Buffer {
    return this.view(index).bytes;
  }

  /** An argument as utf-8; what is not valid becomes U+FFFD: to tell names apart take {@link latin1}. */
  text(index: number): string {
    if (!this.find(index)) return '';
    const { source, from, to } = this;
    if (to - from > SHORT_TEXT) return readUtf8(source, from, to);
    for (let i = from; i < to; i++) if (source[i]! >= 0x80) return readUtf8(source, from, to);
    return readLatin1(source, from, to);
  }

  /** An argument with each byte as one character, so that different names are different texts. */
  latin1(index: number): string {
    return this.find(index) ? readLatin1(this.source, this.from, this.to) : '';
  }

  /** @internal Looks for an argument, and has {@link from} and {@link to} say where it lies. Returns whether it is there. */
  find(index: number): boolean {
    let { found, from, to } = this;
    if (index === found) return true;
    const { source, end, type } = this;
    if (index < found || found < 0) {
      found = -1;
      to = this.start + HEADER - 1;
    }
    const data = type <= LAST_TYPE ? DATA[type]! : 0;
    while (found < index) {
      // The one before has ended with the packet.
      if (to >= end) return false;
      from = to + 1;
      found++;
      // A name has no NUL, also where it is the last argument: gearmand sends one behind the handle of a WORK_FAIL that it has made of an exception.
      to = found === data ? end : nameEnd(source, from, end);
    }
    this.found = found;
    this.from = from;
    this.to = to;
    return true;
  }

  /** Makes the packet own its bytes, so that it outlives the hook, and returns it. A small one pins no large buffer afterwards. */
  retain(): this {
    const owned = new ByteView(this.source, this.start, this.end).retain();
    this.source = owned.source as Buffer;
    this.start = owned.start;
    this.end = owned.end;
    this.found = -1;
    return this;
  }

  /** What is in the packet, and none of the bytes around it. */
  toJSON(): object {
    const args = Array.from({ length: this.argumentCount }, (_, index) => this.text(index));
    return { type: this.name, args };
  }

  static {
    // What `console.log` shows: the same.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Packet): object {
        return this.toJSON();
      },
    });
  }
}

/** Where a name ends that starts at `from`: at the next NUL, or with the packet. */
function nameEnd(source: Buffer, from: number, end: number): number {
  const short = Math.min(end, from + SHORT_SCAN);
  for (let i = from; i < short; i++) if (source[i] === 0) return i;
  if (short === end) return end;
  const nul = source.indexOf(0, short);
  return nul < 0 || nul > end ? end : nul;
}
