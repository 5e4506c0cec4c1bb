import { Buffer } from 'node:buffer';

import { ByteView } from './byte-view.ts';
import { FrameTooLargeError, ProtocolError } from './errors.ts';
import { DEFAULT_MAX_FRAME_LENGTH } from './frame-limit.ts';
import type { Endian } from './integers.ts';
import { ownedBytes, SLACK } from './owned-bytes.ts';
import { ReceivedBytes } from './received-bytes.ts';
import { readLatin1, readUtf8 } from './text.ts';

const { indexOf } = Buffer.prototype;

/** Texts with at most a newline between them follow each other. */
const MAX_GAP = 2;

/** Lengths of text for which decoding in advance pays. */
const MIN_AHEAD = 13;
const MAX_AHEAD = 1024;

/**
 * Since Node 23 a search of a Buffer for a byte takes as long as searching text three times does: there, where line follows line, the
 * next bytes are made text to be searched in.
 */
// oxlint-disable-next-line no-restricted-globals -- a constant of the process: no I/O
const SEARCH_AS_TEXT: boolean = Number.parseInt(process.versions.node) >= 23;

/** How many bytes are made text for that, and how near the byte must have been before. */
const MAX_SEARCHED = 4096;
const MAX_SEARCHED_LINE = 512;

/**
 * What a codec decodes from: a window on the bytes that were received and not consumed yet. All offsets are relative to the next
 * byte, so a codec may keep them from one call to the next.
 */
export class ByteReader extends ReceivedBytes {
  /** Where a frame goes on of which bytes were consumed: until more is consumed without a word. */
  #midFrame = -1;
  /** How many were consumed of it, and where they end. */
  #part = 0;
  #partEnd = -1;
  /** How often the codec has consumed what is no message and no part of one: what comes next is another frame. */
  dropped = 0;
  /** Text decoded in advance, and where it starts in the window. */
  #ahead = '';
  #aheadStart = 0;
  #aheadDecode: typeof readUtf8 = readUtf8;
  #aheadWorks = true;
  /** Text of window bytes that is only searched, and where it starts. */
  #searched = '';
  #searchedStart = 0;
  /** Where the last text ended. */
  #textEnd: number = -MAX_GAP - 1;

  /** A reader over `bytes`, or an empty one. */
  constructor(bytes?: Uint8Array) {
    super();
    if (bytes !== undefined) this.push(bytes);
  }

  // ---------------------------------------------------------------- what a codec uses

  // What is called once per byte or frame holds its checks itself: a call less, and it is compiled into the codec more often.

  /** The byte at `at`. */
  u8(at: number): number {
    const index = this.cursor + at;
    if (index >= this.end || at < 0) throw new RangeError(pastTheEnd(at, 1, this.length));
    return this.window[index]!;
  }

  /** The unsigned 16-bit integer at `at`, big-endian. */
  u16(at: number): number {
    const i = this.#at(at, 2);
    const b = this.window;
    return (b[i]! << 8) | b[i + 1]!;
  }

  /** The unsigned 32-bit integer at `at`, big-endian. */
  u32(at: number): number {
    const i = this.#at(at, 4);
    const b = this.window;
    return ((b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!) >>> 0;
  }

  /** The unsigned 64-bit integer at `at`, big-endian, exact. */
  u64(at: number): bigint {
    return (BigInt(this.u32(at)) << 32n) | BigInt(this.u32(at + 4));
  }

  /** The unsigned integer of `width` bytes (1 to 8) at `at`. Above 2^53 - 1 it is only near the exact value. */
  uint(at: number, width: number, endian: Endian = 'big'): number {
    const first = this.#at(at, width);
    let value = 0;
    if (endian === 'big') {
      for (let i = first; i < first + width; i++) value = value * 256 + this.window[i]!;
    } else {
      for (let i = first + width - 1; i >= first; i--) value = value * 256 + this.window[i]!;
    }
    return value;
  }

  /** Where `byte` first occurs at or after `from`, or -1. */
  indexOf(byte: number, from: number = 0): number {
    const start = this.cursor + from;
    if (!this.assembled) {
      const found = SEARCH_AS_TEXT ? this.#search(byte, start) : indexOf.call(this.window, byte, start);
      return found < 0 ? -1 : found - this.cursor;
    }
    if (start >= this.end) return -1;
    // Behind the end lie bytes that were not received: they must be neither found nor, for the time it takes, searched.
    const found = this.window.subarray(start, this.end).indexOf(byte);
    return found < 0 ? -1 : found + from;
  }

  /** Whether the bytes at `at` are `bytes`. */
  startsWith(bytes: Uint8Array, at: number = 0): boolean {
    const first = this.cursor + at;
    if (at < 0 || first + bytes.length > this.end) return false;
    for (let i = 0; i < bytes.length; i++) if (this.window[first + i] !== bytes[i]) return false;
    return true;
  }

  /**
   * What the bytes that can be read now lie in, from {@link offset} on for {@link length} bytes: for a codec that looks at every byte of a
   * frame. Valid as long as a view; what lies around is none of the codec's business.
   */
  get source(): Buffer {
    return this.window;
  }

  /** Where the next byte lies in {@link source}. */
  get offset(): number {
    return this.cursor;
  }

  /** Consumes `n` bytes. */
  skip(n: number): void {
    const end = this.cursor + n;
    if (end > this.end || !(n >= 0)) throw new RangeError(pastTheEnd(0, n, this.length));
    this.cursor = end;
  }

  /**
   * Consumes `n` bytes as a view that is valid until the hook which gets it has settled; `retain()` makes it last. Like the other
   * ways to consume, it takes `trailer` more bytes along that end the frame; a view remembers them, for a codec that encodes it again.
   */
  view(n: number, trailer: number = 0): ByteView {
    const start = this.cursor;
    const end = start + n;
    if (!(end + trailer <= this.end && n >= 0 && trailer >= 0))
      throw new RangeError(pastTheEnd(0, n + trailer, this.length));
    this.cursor = end + trailer;
    return new ByteView(this.window, start, end, trailer);
  }

  /** Consumes `n` bytes as a Buffer that lasts: without a copy while that keeps at most four times `n` bytes alive. */
  take(n: number, trailer: number = 0): Buffer {
    const start = this.#consume(n + trailer);
    // Asking a Buffer for its memory takes longer than copying a short message.
    if (this.backing === undefined) {
      this.backing = this.window.buffer;
      this.backingOffset = this.window.byteOffset;
    }
    return ownedBytes(this.backing, this.backingOffset + start, n);
  }

  /** Consumes `n` bytes as latin1 text: each byte one character. */
  latin1(n: number, trailer: number = 0): string {
    return this.#text(this.#consume(n + trailer), n, readLatin1);
  }

  /** Consumes `n` bytes as utf-8 text; what is not valid becomes U+FFFD. */
  utf8(n: number, trailer: number = 0): string {
    return this.#text(this.#consume(n + trailer), n, readUtf8);
  }

  /**
   * Says that the message takes `n` bytes from here, of which `prefix` are not body, and returns `undefined` for `decode` to return:
   * `return input.need(4 + length, 4)`. `decode` is not called again below `n` bytes.
   *
   * @throws {FrameTooLargeError} `n - prefix` is over the codec's `maxFrameLength`
   * @throws {ProtocolError} `n` is no safe non-negative integer
   */
  need(n: number, prefix: number = 0): undefined {
    if (!Number.isSafeInteger(n) || n < 0) throw new ProtocolError(`a frame length of ${n} is no length`);
    if (n - prefix > this.maxFrameLength) throw new FrameTooLargeError(n - prefix, this.maxFrameLength);
    this.wanted = n;
    return undefined;
  }

  /**
   * Says that the frame of which bytes were consumed goes on behind them, and returns `undefined` for `decode` to return: for a codec that
   * takes a frame as it comes, without gathering it. When the rest does not come, or not in time, the connection closes as it does for any
   * other frame. What is consumed without a word, as an empty line may be, is no frame.
   */
  midFrame(): undefined {
    this.#midFrame = this.position;
    return undefined;
  }

  // ---------------------------------------------------------------- what drives a codec uses

  /** How many bytes the last call of `decode` consumed. */
  lastConsumed = 0;

  /** These bytes, or as many of them as are still there, without a copy. */
  get consumed(): Buffer {
    return this.window.subarray(Math.max(0, this.cursor - this.lastConsumed), this.cursor);
  }

  /** The limit that {@link need} enforces, in bytes. */
  maxFrameLength: number = DEFAULT_MAX_FRAME_LENGTH;

  /** Forgets all that the codec has said: another one takes over. */
  restart(): void {
    this.resetNeed();
    this.#midFrame = -1;
  }

  /** Whether a part of a frame has been received. */
  get insideFrame(): boolean {
    return this.buffered > 0 || this.#midFrame === this.position;
  }

  /** How long that part is: what the codec has consumed of it since the last message, and what is held. */
  get unfinished(): number {
    return (this.insideFrame && this.#partEnd === this.position ? this.#part : 0) + this.buffered;
  }

  /** The codec has consumed `n` bytes and returned no message: they are part of a frame that goes on behind them, or were dropped. */
  keepPart(n: number): void {
    const { position } = this;
    if (this.#midFrame !== position) {
      this.dropped++;
      return;
    }
    this.#part = this.#partEnd === position - n ? this.#part + n : n;
    this.#partEnd = position;
  }

  // ---------------------------------------------------------------- inside

  #at(at: number, width: number): number {
    const index = this.cursor + at;
    if (index + width > this.end || at < 0) throw new RangeError(pastTheEnd(at, width, this.length));
    return index;
  }

  /** Where `byte` first occurs in the window at or after `start`, or -1. */
  #search(byte: number, start: number): number {
    const offset = start - this.#searchedStart;
    const searched = this.#searched;
    if (offset >= 0 && offset < searched.length) {
      const found = searched.indexOf(String.fromCharCode(byte & 0xff), offset);
      if (found >= 0) return found + this.#searchedStart;
      start = this.#searchedStart + searched.length;
    }
    const window = this.window;
    const found = indexOf.call(window, byte, start);
    if (found >= 0 && found - start <= MAX_SEARCHED_LINE && found + 1 < window.length) {
      this.#searchedStart = found + 1;
      this.#searched = readLatin1(window, found + 1, Math.min(window.length, found + 1 + MAX_SEARCHED));
    }
    return found;
  }

  #consume(n: number): number {
    const start = this.cursor;
    if (n > this.end - start || !(n >= 0)) throw new RangeError(pastTheEnd(0, n, this.length));
    this.cursor = start + n;
    return start;
  }

  /**
   * Text of the `n` bytes at `start` of the window. Where text follows text, as lines do, four times as much is decoded at once and
   * the next ones are cut out of it: a call into the runtime costs more than the characters. Four times is the slack rule again: the
   * part that is kept keeps the whole alive.
   */
  #text(start: number, n: number, decode: (bytes: Buffer, start: number, end: number) => string): string {
    const offset = start - this.#aheadStart;
    const gap = start - this.#textEnd;
    this.#textEnd = start + n;
    const ahead = this.#ahead;
    if (
      offset >= 0 &&
      offset + n <= ahead.length &&
      ahead.length <= SLACK * (n + MAX_GAP) &&
      this.#aheadDecode === decode
    ) {
      return ahead.substring(offset, offset + n);
    }
    const end = start + SLACK * (n + gap);
    if (gap <= MAX_GAP && n >= MIN_AHEAD && n <= MAX_AHEAD && this.#aheadWorks && end <= this.end) {
      const text = decode(this.window, start, end);
      // One character for each byte, or places in the text are not places in the bytes.
      if (text.length === end - start) {
        this.#ahead = text;
        this.#aheadStart = start;
        this.#aheadDecode = decode;
        return text.substring(0, n);
      }
      this.#aheadWorks = false;
    }
    return decode(this.window, start, start + n);
  }

  /** @internal */
  protected override moved(): void {
    this.#ahead = '';
    this.#searched = '';
    this.#aheadWorks = true;
    this.#textEnd = -MAX_GAP - 1;
  }
}

function pastTheEnd(at: number, width: number, length: number): string {
  return `cannot read ${width} bytes at ${at} of the ${length} received; return input.need(${at + width}) until they are there`;
}
