import { Buffer } from 'node:buffer';

import type { Endian } from './byte-reader.ts';
import { ByteView } from './byte-view.ts';
import { copyShort, SHORT_COPY } from './copy-short.ts';
import { checkFits, store } from './integers.ts';
import { Slab, SLAB_SIZE } from './slab.ts';
import { checkText, joined, SHORT_TEXT, writeLatin1, writeUtf8 } from './text.ts';

/** From this many bytes on a payload goes to the socket by reference: a copy costs more than another segment of a writev. */
const BY_REFERENCE = 1024;

/** Text that is joined gathers up to this many characters before it is written to the slab. */
const MAX_TEXT = 8192;

type TextWriter = (bytes: Buffer, text: string, offset: number) => number;

/** What a writer has taken out of it: bytes in order, and the region of the slab that has to be given back. */
export interface Batch {
  /** One segment, or several that a writev can send. */
  readonly segments: Uint8Array | Uint8Array[];
  /** Bytes of all segments together. */
  readonly size: number;
  /** The slab that the region is in. */
  readonly slab: Slab;
  /** Where the region in the slab ends. */
  readonly end: number;
}

/**
 * What a codec encodes into. Messages gather as a batch: bytes lie one behind the other in a slab, and payloads from 1 KiB on are
 * not copied but referred to, so they must not be changed until they are sent.
 *
 * ```text
 *   parts    [ sealed region | payload by reference | ... ]     in front of the region, if there are any
 *   slab     [ others' | start ..... position | free )          the region, still growing
 *   tail     texts, or a range of received bytes                behind the region, not written yet
 * ```
 *
 * The tail makes runs cheap: texts that end with the same terminator are joined and written by one call, and views that lie side by
 * side in one chunk become one range which, when it is long, is sent as it was received.
 *
 * There is no way to skip bytes: what leaves was written, never left over. Who uses {@link reserve} has to see to that.
 */
export class ByteWriter {
  #slab: Slab;
  #bytes: Buffer;
  #view: DataView;
  #start = 0;
  #position = 0;
  /** Where the room that was reserved last ends. */
  #limit = 0;
  #parts: Uint8Array[] | undefined = undefined;
  #sealed = 0;

  /** Texts that are to be joined by the terminator, and end with it. */
  #texts: string[] | undefined = undefined;
  #terminator = '';
  #textSize = 0;
  #writeText: TextWriter = writeUtf8;
  #range: Uint8Array | undefined = undefined;
  #rangeStart = 0;
  #rangeEnd = 0;

  /** Where the message's bytes in the slab start; before the slab, when earlier ones of them are in another. */
  #origin = 0;
  /** Slabs that have bytes of the message which were sealed before the slab was full. */
  #earlier: { slab: Slab; origin: number; end: number }[] | undefined = undefined;
  /** The texts, and the end of the range, that waited when the message began. */
  #textsBefore = 0;
  #textSizeBefore = 0;
  #rangeBefore = 0;
  #before: Snapshot | undefined = undefined;

  constructor(size: number = SLAB_SIZE) {
    this.#slab = new Slab(size);
    this.#bytes = this.#slab.bytes;
    this.#view = this.#slab.view;
  }

  // ---------------------------------------------------------------- what a codec uses

  /** Bytes written so far, earlier messages included: the difference of two readings is the length of what was written between. */
  get length(): number {
    this.#settle();
    return this.#sealed + this.#position - this.#start;
  }

  /** One byte. Like {@link u16} and {@link u32} it keeps the low bits of a value that is too large; {@link uint} refuses it. */
  u8(value: number): void {
    this.#settle();
    this.#ensure(1);
    this.#bytes[this.#position++] = value;
  }

  /** Big-endian, 2 bytes. */
  u16(value: number): void {
    this.#settle();
    this.#ensure(2);
    this.#view.setUint16(this.#position, value);
    this.#position += 2;
  }

  /** Big-endian, 4 bytes. */
  u32(value: number): void {
    this.#settle();
    this.#ensure(4);
    this.#view.setUint32(this.#position, value);
    this.#position += 4;
  }

  /** Six times {@link u32}: a header at once takes half the time that six calls take. */
  u32s(a: number, b: number, c: number, d: number, e: number, f: number): void {
    this.#settle();
    this.#ensure(24);
    const view = this.#view;
    const position = this.#position;
    view.setUint32(position, a);
    view.setUint32(position + 4, b);
    view.setUint32(position + 8, c);
    view.setUint32(position + 12, d);
    view.setUint32(position + 16, e);
    view.setUint32(position + 20, f);
    this.#position = position + 24;
  }

  /** Big-endian, 8 bytes, exact. */
  u64(value: bigint): void {
    this.#settle();
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
    checkFits(value, width);
    this.#settle();
    this.#ensure(width);
    store(this.#bytes, this.#position, value, width, endian);
    this.#position += width;
  }

  /**
   * Base-128, least significant group first, as protobuf has it: 1 to 8 bytes for a safe integer.
   *
   * @throws {RangeError} the value is negative or no safe integer
   */
  varint(value: number): void {
    this.#settle();
    this.#ensure(8);
    // Most are lengths of one byte or two.
    if ((value & 0x7f) === value) {
      this.#bytes[this.#position++] = value;
      return;
    }
    if ((value & 0x3fff) === value) {
      this.#bytes[this.#position++] = (value & 0x7f) | 0x80;
      this.#bytes[this.#position++] = value >>> 7;
      return;
    }
    checkFits(value, 8);
    while (value > 0x7f) {
      this.#bytes[this.#position++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    this.#bytes[this.#position++] = value;
  }

  /** Text of which each character is one byte, of those above U+00FF the low one; and behind it a `terminator`, if there is one. */
  latin1(text: string, terminator: string = ''): void {
    if (terminator === '') this.#write(text, 0xffff, writeLatin1);
    else this.#append(text, terminator, writeLatin1);
  }

  /** Text as utf-8, and behind it a `terminator` of whole characters, if there is one; a lone surrogate becomes U+FFFD. */
  utf8(text: string, terminator: string = ''): void {
    if (terminator === '') this.#write(text, 0x7f, writeUtf8);
    else this.#append(text, terminator, writeUtf8);
  }

  /** Copies small payloads and refers to those from 1 KiB on: do not change `bytes` until they are sent. */
  bytes(bytes: Uint8Array | ByteView): void {
    if (bytes instanceof ByteView) {
      this.range(bytes.source, bytes.start, bytes.end);
      return;
    }
    if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes are to be written as a Uint8Array or a ByteView');
    this.#settle();
    const { length } = bytes;
    if (length >= BY_REFERENCE) {
      this.#refer(bytes);
    } else {
      this.#ensure(length);
      this.#bytes.set(bytes, this.#position);
      this.#position += length;
    }
  }

  /** The bytes `[start, end)` of `source`, which nobody changes any more. Ranges that continue each other are joined. */
  range(source: Uint8Array, start: number, end: number): void {
    if (this.#range === source && this.#rangeEnd === start) {
      this.#rangeEnd = end;
      return;
    }
    this.#settle();
    this.#range = source;
    this.#rangeStart = start;
    this.#rangeEnd = end;
  }

  /**
   * Copies the bytes `[start, end)` of `source` now, however many: for memory that is soon used for something else.
   *
   * @param view of all of `source`, if there is one: short copies then take half the time
   */
  copy(source: Uint8Array, start: number, end: number, view?: DataView): void {
    this.#settle();
    const length = end - start;
    this.#ensure(length);
    if (view !== undefined && length <= SHORT_COPY) {
      copyShort(view, start, end, this.#view, this.#position);
      this.#position += length;
      return;
    }
    Buffer.prototype.copy.call(source, this.#bytes, this.#position, start, end);
    this.#position += length;
  }

  /**
   * Room for `n` bytes, for a codec that stores a short message straight into {@link target}: faster than a call for each field. Nothing of
   * it is written until {@link filled}; a codec that throws, or finds that it is another kind of message, leaves it at that.
   *
   * @returns where in the target the room begins
   */
  reserve(n: number): number {
    this.#settle();
    this.#ensure(n);
    this.#limit = this.#position + n;
    return this.#position;
  }

  /** What the room of {@link reserve} lies in, until anything else is written. */
  get target(): Slab {
    return this.#slab;
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
    this.#position = end;
  }

  /** A place in the message that {@link patch} can come back to, for a length that is known only behind the body. */
  mark(): number {
    this.#settle();
    return this.#position - this.#origin;
  }

  /**
   * Overwrites `width` bytes at `mark`, which this message has written.
   *
   * @throws {RangeError} the value does not fit, or the place was not written yet
   */
  patch(mark: number, value: number, width: number, endian: Endian = 'big'): void {
    checkFits(value, width);
    this.#settle();
    const at = this.#origin + mark;
    if (mark < 0 || at + width > this.#position) throw new RangeError('only bytes that were written can be patched');
    if (at >= 0) {
      store(this.#bytes, at, value, width, endian);
      return;
    }
    const { slab, origin } = this.#earlier!.find(({ end }) => mark < end)!;
    store(slab.bytes, origin + mark, value, width, endian);
  }

  // ---------------------------------------------------------------- what drives a codec uses

  /** Bytes of the batch; of text that is still to be written, its characters. */
  get size(): number {
    return this.#sealed + this.#position - this.#start + this.#textSize + this.#rangeEnd - this.#rangeStart;
  }

  /** Bytes that the slab still has room for. */
  get room(): number {
    return this.#bytes.length - this.#position;
  }

  /** Goes on in an empty slab, for when this one stays nearly full; the batch must have been taken. */
  refill(): void {
    this.#renew(SLAB_SIZE);
  }

  /** A copy of the last `n` bytes of the batch. */
  last(n: number): Buffer {
    this.#settle();
    const region = this.#bytes.subarray(this.#start, this.#position);
    const bytes = n <= region.length ? region : Buffer.concat([...(this.#parts ?? []), region]);
    return Buffer.from(bytes.subarray(bytes.length - n));
  }

  /** Starts a message. */
  begin(): void {
    this.#origin = this.#position;
    this.#textsBefore = this.#texts === undefined ? 0 : this.#texts.length;
    this.#textSizeBefore = this.#textSize;
    this.#rangeBefore = this.#rangeEnd;
    this.#before = undefined;
  }

  /** Takes back all that was written since {@link begin}; the messages before stay. */
  rollback(): void {
    const before = this.#before;
    if (before === undefined) {
      // Nothing happened but that the region or the tail grew.
      this.#position = this.#origin;
      if (this.#textsBefore === 0) this.#texts = undefined;
      else this.#texts!.length = this.#textsBefore;
      this.#textSize = this.#textSizeBefore;
      this.#rangeEnd = this.#rangeBefore;
      if (this.#rangeBefore === 0) this.#dropRange();
      return;
    }
    this.#use(before.slab);
    this.#start = before.start;
    this.#position = before.position;
    if (before.parts === 0) this.#parts = undefined;
    else this.#parts!.length = before.parts;
    this.#sealed = before.sealed;
    this.#texts = before.texts;
    this.#textSize = before.textSize;
    this.#terminator = before.terminator;
    this.#writeText = before.writeText;
    this.#range = before.range;
    this.#rangeStart = before.rangeStart;
    this.#rangeEnd = before.rangeEnd;
  }

  /** Takes the batch out: the writer is empty afterwards. {@link giveBack} ends the use of its region. */
  take(): Batch {
    this.#before = COMPLETE;
    this.#settle();
    const { size } = this;
    const slab = this.#slab;
    const end = this.#position;
    let segments: Uint8Array | Uint8Array[];
    if (this.#parts === undefined) {
      segments = this.#bytes.subarray(this.#start, end);
    } else {
      this.#seal();
      segments = this.#parts.length === 1 ? this.#parts[0]! : this.#parts;
      this.#parts = undefined;
      this.#sealed = 0;
    }
    this.#start = end;
    this.#before = undefined;
    this.#earlier = undefined;
    slab.regions++;
    // A slab made for one large message goes with it.
    if (slab.bytes.length > SLAB_SIZE) this.#renew(SLAB_SIZE);
    return { segments, size, slab, end };
  }

  /**
   * Ends the use of a batch. A slab that nobody uses any more, neither a batch that was taken nor the one that gathers now, is filled
   * again from the start, or from above the regions that a write in progress still reads.
   *
   * @param free whether nothing reads the region any more
   */
  giveBack({ slab, end }: Batch, free: boolean): void {
    if (!free && end > slab.floor) slab.floor = end;
    if (--slab.regions === 0 && slab === this.#slab && this.size === 0) {
      this.#position = slab.floor;
      this.#start = slab.floor;
    }
  }

  /** The batch as bytes of its own; the writer is empty afterwards. */
  takeBytes(): Buffer {
    const batch = this.take();
    const bytes = Buffer.concat(Array.isArray(batch.segments) ? batch.segments : [batch.segments]);
    this.giveBack(batch, true);
    return bytes;
  }

  // ---------------------------------------------------------------- inside

  /** Writes text now; characters up to `single` are a byte each. */
  #write(text: string, single: number, writeText: TextWriter): void {
    checkText(text);
    this.#settle();
    const { length } = text;
    if (length > SHORT_TEXT) {
      this.#writeLong(text, writeText);
      return;
    }
    this.#ensure(3 * length);
    const bytes = this.#bytes;
    const start = this.#position;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > single) {
        this.#writeLong(text, writeText);
        return;
      }
      bytes[start + i] = code;
    }
    this.#position = start + length;
  }

  #writeLong(text: string, writeText: TextWriter): void {
    // Three bytes a character are the most there can be; long texts are counted, lest the guess waste a slab.
    this.#ensure(text.length < MAX_TEXT ? 3 * text.length : Buffer.byteLength(text));
    this.#position += writeText(this.#bytes, text, this.#position);
  }

  #append(text: string, terminator: string, writeText: TextWriter): void {
    checkText(text);
    if (
      this.#range !== undefined ||
      this.#writeText !== writeText ||
      this.#terminator !== terminator ||
      this.#textSize > MAX_TEXT
    ) {
      this.#settle();
      this.#writeText = writeText;
      this.#terminator = terminator;
    }
    (this.#texts ??= []).push(text);
    this.#textSize += text.length + terminator.length;
  }

  /** Writes the tail, so that something else can follow. */
  #settle(): void {
    if (this.#texts !== undefined) this.#settleText();
    else if (this.#range !== undefined) this.#settleRange();
  }

  #settleText(): void {
    this.#before ??= this.#snapshot();
    const texts = this.#texts!;
    this.#texts = undefined;
    this.#textSize = 0;
    this.#writeLong(joined(texts, this.#terminator), this.#writeText);
  }

  #settleRange(): void {
    const source = this.#range!;
    const start = this.#rangeStart;
    const end = this.#rangeEnd;
    const length = end - start;
    this.#before ??= this.#snapshot();
    this.#dropRange();
    if (length >= BY_REFERENCE) {
      this.#refer(Buffer.from(source.buffer, source.byteOffset + start, length));
    } else {
      this.#ensure(length);
      Buffer.prototype.copy.call(source, this.#bytes, this.#position, start, end);
      this.#position += length;
    }
  }

  #dropRange(): void {
    this.#range = undefined;
    this.#rangeStart = 0;
    this.#rangeEnd = 0;
  }

  /** What {@link rollback} returns to: taken when a message first does more than let the region or the tail grow. */
  #snapshot(): Snapshot {
    return {
      slab: this.#slab,
      start: this.#start,
      position: this.#origin,
      parts: this.#parts === undefined ? 0 : this.#parts.length,
      sealed: this.#sealed,
      texts: this.#textsBefore === 0 ? undefined : this.#texts!.slice(0, this.#textsBefore),
      textSize: this.#textSizeBefore,
      terminator: this.#terminator,
      writeText: this.#writeText,
      range: this.#rangeBefore === 0 ? undefined : this.#range,
      rangeStart: this.#rangeBefore === 0 ? 0 : this.#rangeStart,
      rangeEnd: this.#rangeBefore,
    };
  }

  #refer(bytes: Uint8Array): void {
    this.#before ??= this.#snapshot();
    this.#seal();
    (this.#parts ??= []).push(bytes);
    this.#sealed += bytes.length;
  }

  /** Ends the region: what follows does not lie behind it. */
  #seal(): void {
    const start = this.#start;
    const end = this.#position;
    if (start === end) return;
    (this.#parts ??= []).push(this.#bytes.subarray(start, end));
    this.#sealed += end - start;
    this.#start = end;
  }

  #ensure(n: number): void {
    if (this.#position + n > this.#bytes.length) this.#overflow(n);
  }

  /** Goes on in a new slab: the earlier messages' bytes stay in the old one, this message's move along. */
  #overflow(n: number): void {
    this.#before ??= this.#snapshot();
    const origin = this.#origin;
    const bytes = this.#bytes;
    const from = Math.min(Math.max(this.#start, origin), this.#position);
    const to = this.#position;
    this.#position = from;
    this.#seal();
    if (origin >= 0) this.#earlier = undefined;
    if (from > Math.max(origin, 0)) (this.#earlier ??= []).push({ slab: this.#slab, origin, end: from - origin });
    this.#renew(Math.max(SLAB_SIZE, 2 * (to - from) + n));
    this.#position = bytes.copy(this.#bytes, 0, from, to);
    this.#origin = origin - from;
  }

  #renew(size: number): void {
    this.#use(new Slab(size));
    this.#start = 0;
    this.#position = 0;
  }

  #use(slab: Slab): void {
    this.#slab = slab;
    this.#bytes = slab.bytes;
    this.#view = slab.view;
  }
}

interface Snapshot {
  readonly slab: Slab;
  readonly start: number;
  readonly position: number;
  readonly parts: number;
  readonly sealed: number;
  readonly texts: string[] | undefined;
  readonly textSize: number;
  readonly terminator: string;
  readonly writeText: TextWriter;
  readonly range: Uint8Array | undefined;
  readonly rangeStart: number;
  readonly rangeEnd: number;
}

/** For a batch that is taken: its messages are complete, and nobody will take them back. */
const COMPLETE = {} as Snapshot;
