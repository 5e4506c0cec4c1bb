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

import { HEADER, RESPONSE } from './options.ts';
import { ARGUMENTS, LAST_TYPE, packetName, packetRules } from './packet-rules.ts';
import { readUint32 } from './read-uint32.ts';

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
  /** @internal Which argument was found last, and where it starts: most are read in order. */
  found: number;
  /** @internal */
  foundAt: number;

  /** @internal */
  constructor(source: Buffer, start: number, end: number) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.found = 0;
    this.foundAt = start + HEADER;
  }

  /** What it is: a number of `PacketType`, or any other. */
  get type(): number {
    return readUint32(this.source, this.start + 4);
  }

  /** What PROTOCOL calls it. */
  get name(): string {
    return packetName(this.type);
  }

  /** Whether it came as a response, `\0RES`: from a server. */
  get isResponse(): boolean {
    return readUint32(this.source, this.start) === RESPONSE;
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
    return count < 2 ? count >= 0 : this.startOf(count - 1) >= 0;
  }

  /** All behind the header, valid as long as the packet. */
  get body(): ByteView {
    return new ByteView(this.source, this.start + HEADER, this.end);
  }

  /** Where the argument `index` starts in {@link source}; -1 when it is not there. */
  startOf(index: number): number {
    if (index < this.found) {
      this.found = 0;
      this.foundAt = this.start + HEADER;
    }
    let at = this.foundAt;
    while (this.found < index) {
      const nul = findNul(this.source, at, this.end);
      if (nul < 0) return -1;
      at = nul + 1;
      this.found++;
      this.foundAt = at;
    }
    return at;
  }

  /** Where the argument that starts at `start` ends. */
  endOf(index: number, start: number): number {
    const { type, source, end } = this;
    // A name has no NUL, also where it is the last argument: gearmand sends one behind the handle of a WORK_FAIL that it has made of an exception.
    if (index === this.argumentCount - 1 && packetRules[type]?.opaque === true) return end;
    if (this.argumentCount === 0) return end;
    const nul = findNul(source, start, end);
    return nul < 0 ? end : nul;
  }

  /** An argument where it was received, valid as long as the packet. To send it on takes no copy when it is long. */
  view(index: number): ByteView {
    const start = this.startOf(index);
    if (start < 0) return new ByteView(this.source, this.end, this.end);
    return new ByteView(this.source, start, this.endOf(index, start));
  }

  /** An argument as bytes, without a copy: valid as long as the packet. */
  bytes(index: number): Buffer {
    return this.view(index).bytes;
  }

  /** An argument as utf-8; what is not valid becomes U+FFFD: to tell names apart take {@link latin1}. */
  text(index: number): string {
    const start = this.startOf(index);
    if (start < 0) return '';
    const { source } = this;
    const end = this.endOf(index, start);
    if (end - start > SHORT_TEXT) return readUtf8(source, start, end);
    for (let i = start; i < end; i++) if (source[i]! >= 0x80) return readUtf8(source, start, end);
    return readLatin1(source, start, end);
  }

  /** An argument with each byte as one character, so that different names are different texts. */
  latin1(index: number): string {
    const start = this.startOf(index);
    return start < 0 ? '' : readLatin1(this.source, start, this.endOf(index, start));
  }

  /** Makes the packet own its bytes, so that it outlives the hook, and returns it. A small one pins no large buffer afterwards. */
  retain(): this {
    const owned = new ByteView(this.source, this.start, this.end).retain();
    this.source = owned.source as Buffer;
    this.start = owned.start;
    this.end = owned.end;
    this.found = 0;
    this.foundAt = this.start + HEADER;
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

/** Where the next NUL is at or after `from` and before `end`, or -1. */
function findNul(source: Buffer, from: number, end: number): number {
  const short = Math.min(end, from + SHORT_SCAN);
  for (let i = from; i < short; i++) if (source[i] === 0) return i;
  if (short === end) return -1;
  const found = source.indexOf(0, short);
  return found < end ? found : -1;
}
