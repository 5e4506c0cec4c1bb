import { Buffer } from 'node:buffer';

import type { Batch } from './batch.ts';
import { Slab, SLAB_SIZE } from './slab.ts';
import { checkText, joined, type TextWriter, writeUtf8 } from './text.ts';

/** From this many bytes on a payload goes to the socket by reference: a copy costs more than another segment of a writev. */
export const BY_REFERENCE: number = 1024;

/** Text that is joined gathers up to this many characters before it is written to the slab. */
const MAX_TEXT = 8192;

/**
 * Messages that gather as a batch: bytes lie one behind the other in a slab, and payloads from 1 KiB on are not copied but referred to, so
 * they must not be changed until they are sent.
 *
 * ```text
 *   parts    [ sealed region | payload by reference | ... ]     in front of the region, if there are any
 *   slab     [ others' | start ....... cursor | free )          the region, still growing
 *   tail     texts, or a range of received bytes                behind the region, not written yet
 * ```
 *
 * The tail makes runs cheap: texts that end with the same terminator are joined and written by one call, and views that lie side by
 * side in one chunk become one range which, when it is long, is sent as it was received.
 */
export class GatheredBytes {
  /** @internal What is written to, and its memory. */
  protected slab: Slab;
  /** @internal */
  protected memory: Buffer;
  /** @internal */
  protected view: DataView;
  /** @internal Where the next byte of the region is written. */
  protected cursor = 0;
  #start = 0;
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

  /** @internal Where the message's bytes in the slab start; before the slab, when earlier ones of them are in another. */
  protected origin = 0;
  /** @internal Slabs that have bytes of the message which were sealed before the slab was full. */
  protected earlier: { slab: Slab; origin: number; end: number }[] | undefined = undefined;
  /** The texts, and the end of the range, that waited when the message began. */
  #textsBefore = 0;
  #textSizeBefore = 0;
  #rangeBefore = 0;
  #before: Snapshot | undefined = undefined;

  constructor(size: number = SLAB_SIZE) {
    this.slab = new Slab(size);
    this.memory = this.slab.bytes;
    this.view = this.slab.view;
  }

  /** Bytes written so far, earlier messages included: the difference of two readings is the length of what was written between. */
  get length(): number {
    this.settle();
    return this.#sealed + this.cursor - this.#start;
  }

  /** The bytes `[start, end)` of `source`, which nobody changes any more. Ranges that continue each other are joined. */
  range(source: Uint8Array, start: number, end: number): void {
    if (this.#range === source && this.#rangeEnd === start) {
      this.#rangeEnd = end;
      return;
    }
    this.settle();
    this.#range = source;
    this.#rangeStart = start;
    this.#rangeEnd = end;
  }

  /** Bytes of the batch; of text that is still to be written, its characters. */
  get size(): number {
    return this.#sealed + this.cursor - this.#start + this.#textSize + this.#rangeEnd - this.#rangeStart;
  }

  /** Bytes that the slab still has room for. */
  get room(): number {
    return this.memory.length - this.cursor;
  }

  /** Goes on in an empty slab, for when this one stays nearly full; the batch must have been taken. */
  refill(): void {
    this.#renew(SLAB_SIZE);
  }

  /** A copy of the last `n` bytes of the batch. */
  last(n: number): Buffer {
    this.settle();
    const region = this.memory.subarray(this.#start, this.cursor);
    const bytes = n <= region.length ? region : Buffer.concat([...(this.#parts ?? []), region]);
    return Buffer.from(bytes.subarray(bytes.length - n));
  }

  /** Starts a message. */
  begin(): void {
    this.origin = this.cursor;
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
      this.cursor = this.origin;
      if (this.#textsBefore === 0) this.#texts = undefined;
      else this.#texts!.length = this.#textsBefore;
      this.#textSize = this.#textSizeBefore;
      this.#rangeEnd = this.#rangeBefore;
      if (this.#rangeBefore === 0) this.#dropRange();
      return;
    }
    this.#use(before.slab);
    this.#start = before.start;
    this.cursor = before.position;
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
    this.settle();
    const { size } = this;
    const slab = this.slab;
    const end = this.cursor;
    let segments: Uint8Array | Uint8Array[];
    if (this.#parts === undefined) {
      segments = this.memory.subarray(this.#start, end);
    } else {
      this.#seal();
      segments = this.#parts.length === 1 ? this.#parts[0]! : this.#parts;
      this.#parts = undefined;
      this.#sealed = 0;
    }
    this.#start = end;
    this.#before = undefined;
    this.earlier = undefined;
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
    if (--slab.regions === 0 && slab === this.slab && this.size === 0) {
      this.cursor = slab.floor;
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

  /** @internal Writes text now, at once. */
  protected writeLong(text: string, writeText: TextWriter): void {
    // Three bytes a character are the most there can be; long texts are counted, lest the guess waste a slab.
    this.ensure(text.length < MAX_TEXT ? 3 * text.length : Buffer.byteLength(text));
    this.cursor += writeText(this.memory, text, this.cursor);
  }

  /** @internal Writes text and a terminator, which are joined with what follows. */
  protected joinText(text: string, terminator: string, writeText: TextWriter): void {
    checkText(text);
    if (
      this.#range !== undefined ||
      this.#writeText !== writeText ||
      this.#terminator !== terminator ||
      this.#textSize > MAX_TEXT
    ) {
      this.settle();
      this.#writeText = writeText;
      this.#terminator = terminator;
    }
    (this.#texts ??= []).push(text);
    this.#textSize += text.length + terminator.length;
  }

  /** @internal Writes the tail, so that something else can follow. */
  protected settle(): void {
    if (this.#texts !== undefined) this.#settleText();
    else if (this.#range !== undefined) this.#settleRange();
  }

  #settleText(): void {
    this.#before ??= this.#snapshot();
    const texts = this.#texts!;
    this.#texts = undefined;
    this.#textSize = 0;
    this.writeLong(joined(texts, this.#terminator), this.#writeText);
  }

  #settleRange(): void {
    const source = this.#range!;
    const start = this.#rangeStart;
    const end = this.#rangeEnd;
    const length = end - start;
    this.#before ??= this.#snapshot();
    this.#dropRange();
    if (length >= BY_REFERENCE) {
      this.refer(Buffer.from(source.buffer, source.byteOffset + start, length));
    } else {
      this.ensure(length);
      Buffer.prototype.copy.call(source, this.memory, this.cursor, start, end);
      this.cursor += length;
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
      slab: this.slab,
      start: this.#start,
      position: this.origin,
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

  /** @internal Puts bytes behind the region as they are. */
  protected refer(bytes: Uint8Array): void {
    this.#before ??= this.#snapshot();
    this.#seal();
    (this.#parts ??= []).push(bytes);
    this.#sealed += bytes.length;
  }

  /** Ends the region: what follows does not lie behind it. */
  #seal(): void {
    const start = this.#start;
    const end = this.cursor;
    if (start === end) return;
    (this.#parts ??= []).push(this.memory.subarray(start, end));
    this.#sealed += end - start;
    this.#start = end;
  }

  /** @internal Makes room for `n` bytes in the slab. */
  protected ensure(n: number): void {
    if (this.cursor + n > this.memory.length) this.#overflow(n);
  }

  /** Goes on in a new slab: the earlier messages' bytes stay in the old one, this message's move along. */
  #overflow(n: number): void {
    this.#before ??= this.#snapshot();
    const origin = this.origin;
    const bytes = this.memory;
    const from = Math.min(Math.max(this.#start, origin), this.cursor);
    const to = this.cursor;
    this.cursor = from;
    this.#seal();
    if (origin >= 0) this.earlier = undefined;
    if (from > Math.max(origin, 0)) (this.earlier ??= []).push({ slab: this.slab, origin, end: from - origin });
    this.#renew(Math.max(SLAB_SIZE, 2 * (to - from) + n));
    this.cursor = bytes.copy(this.memory, 0, from, to);
    this.origin = origin - from;
  }

  #renew(size: number): void {
    this.#use(new Slab(size));
    this.#start = 0;
    this.cursor = 0;
  }

  #use(slab: Slab): void {
    this.slab = slab;
    this.memory = slab.bytes;
    this.view = slab.view;
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
