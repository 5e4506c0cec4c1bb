import { Buffer } from 'node:buffer';

import { SLACK } from './owned-bytes.ts';

const EMPTY: Buffer = Buffer.allocUnsafeSlow(0);

/** The least room an assembly buffer is made with, so that a drip of single bytes does not reallocate for each. */
const MIN_ASSEMBLY = 256;

/** What is brought over from the next chunk at a time while nobody knows how long the frame is. */
const MIN_FILL = 256;

/**
 * Bytes that were received and not consumed yet, as a window on them.
 *
 * ```text
 *   window   [ consumed | cursor .......... end )          the chunk as it came, or an assembly buffer
 *   next                            [ nextStart .... )     at most one chunk more, not looked at yet
 * ```
 *
 * A chunk that arrives while the window is empty becomes the window: no copy. A chunk that arrives behind unread bytes waits as
 * `next`; only when a frame straddles both are the unread bytes and the frame's share of `next` copied into an assembly buffer, and
 * after that frame the window goes on in `next` itself. An assembly buffer grows with the bytes that came, never with the length
 * that a peer claims, two- to fourfold, so that reassembly is linear. Bytes that were handed out are never moved or overwritten.
 */
export abstract class ReceivedBytes {
  /** @internal */
  protected window: Buffer = EMPTY;
  /** @internal The memory of the window and where in it the window lies, once somebody has asked for it. */
  protected backing: ArrayBufferLike | undefined = undefined;
  /** @internal */
  protected backingOffset = 0;
  /** @internal Where the next byte lies in the window, and where the bytes end. */
  protected cursor = 0;
  /** @internal */
  protected end = 0;
  /** @internal The window is an assembly buffer of our own, with room for more behind `end`. */
  protected assembled = false;
  /** @internal How many bytes are asked for: 1 when nobody knows. */
  protected wanted = 1;
  /** How many of the last bytes of an assembly window were copied from the head of `next`. */
  #shared = 0;
  #next: Buffer | undefined = undefined;
  #nextStart = 0;
  /** Bytes consumed before the window's first byte; may be negative. */
  #origin = 0;

  /** Bytes that can be read now. */
  get length(): number {
    return this.end - this.cursor;
  }

  /** Bytes consumed since the reader was made. */
  get position(): number {
    return this.#origin + this.cursor;
  }

  /** Bytes held, the ones of a chunk that is not looked at yet included. */
  get buffered(): number {
    return this.length + (this.#next === undefined ? 0 : this.#next.length - this.#nextStart);
  }

  /** Bytes of memory that are kept alive for {@link buffered}. */
  get memory(): number {
    return (
      (this.window.length === 0 ? 0 : this.window.buffer.byteLength) +
      (this.#next === undefined ? 0 : this.#next.buffer.byteLength)
    );
  }

  /** The length below which the codec does not want to be asked. */
  get needed(): number {
    return this.wanted;
  }

  /** Forgets what the codec asked for: a message was completed. */
  resetNeed(): void {
    this.wanted = 1;
  }

  /** Appends received bytes. They belong to the reader from now on and must not be written to again. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const bytes = chunk instanceof Buffer ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.length === 0 && this.#next === undefined) {
      this.#adopt(bytes, 0);
    } else {
      if (this.#next !== undefined) this.#append(this.#next.length - this.#nextStart);
      this.#next = bytes;
      this.#nextStart = 0;
    }
  }

  /**
   * Brings more bytes into the window, as many as the codec needs, or, when it does not know, as many again as it has seen. Returns
   * whether there were any. Never called while a codec decodes.
   */
  fill(): boolean {
    const next = this.#next;
    if (next === undefined) {
      if (this.length === 0 && this.window !== EMPTY) this.#adopt(EMPTY, 0);
      return false;
    }
    if (this.length === 0) {
      this.#adopt(next, this.#nextStart);
      return true;
    }
    if (this.assembled && this.length <= this.#shared) {
      // What is left came from the head of `next`, where it still lies: go on there.
      this.#adopt(next, this.#nextStart - this.length);
      return true;
    }
    const known = this.wanted - this.length;
    this.#append(Math.min(next.length - this.#nextStart, known > 1 ? known : Math.max(this.length, MIN_FILL)));
    return true;
  }

  /** Lets go of a chunk of which little is left to read: called when a turn ends inside a frame. */
  park(): void {
    if (this.#next !== undefined) return;
    if (this.length === 0) {
      if (this.window !== EMPTY) this.#adopt(EMPTY, 0);
    } else if ((!this.assembled || this.cursor > 0) && this.length * 4 < this.window.buffer.byteLength) {
      this.#assemble(this.length);
    }
  }

  /** Drops everything that is held. */
  clear(): void {
    this.#next = undefined;
    this.cursor = this.end;
    this.#adopt(EMPTY, 0);
    this.wanted = 1;
  }

  /** @internal The window is another one: places in the old one mean nothing any more. */
  protected abstract moved(): void;

  /** Makes `bytes` from `start` on the window; every byte of it can be read. */
  #adopt(bytes: Buffer, start: number): void {
    this.#origin += this.cursor - start;
    this.window = bytes;
    this.backing = undefined;
    this.cursor = start;
    this.end = bytes.length;
    this.moved();
    this.assembled = false;
    this.#shared = 0;
    if (bytes === this.#next) this.#next = undefined;
  }

  /** Copies `count` bytes from `next` behind the unread ones. */
  #append(count: number): void {
    const next = this.#next!;
    const wanted = this.length + count;
    if (!this.assembled || this.end + count > this.window.length) this.#assemble(wanted);
    next.copy(this.window, this.end, this.#nextStart, this.#nextStart + count);
    this.end += count;
    this.#nextStart += count;
    this.#shared += count;
    if (this.#nextStart === next.length) {
      this.#next = undefined;
      this.#shared = 0;
    }
  }

  /**
   * Copies the unread bytes into a new assembly buffer with room for `wanted`, and for more of the frame: up to four times as much
   * when its length is known, so that a large frame is copied little more than once, else twice as much.
   */
  #assemble(wanted: number): void {
    // One byte more is what a codec asks for that does not know.
    const known = this.wanted > this.length + 1;
    const roomy = Math.max(known ? SLACK * wanted : 2 * wanted, MIN_ASSEMBLY);
    // What is needed is often said in steps: growing by just one of them each time would copy the frame as often.
    const least = this.assembled ? Math.ceil(1.5 * wanted) : wanted;
    const capacity = known ? Math.max(least, Math.min(this.wanted, roomy)) : roomy;
    const assembly = Buffer.allocUnsafeSlow(capacity);
    const length = this.window.copy(assembly, 0, this.cursor, this.end);
    this.#origin += this.cursor;
    this.window = assembly;
    this.backing = undefined;
    this.moved();
    this.cursor = 0;
    this.end = length;
    this.assembled = true;
  }
}
