import { Buffer } from 'node:buffer';

import { ByteView, copyShort, SHORT_COPY } from '@wirewright/core/codec';

/** A body of up to so many bytes shares memory with others: memory of its own would take several times as much, and longer to get. */
const SHARED = 1024;

/** What is shared is gone when the last of its jobs is: a job that waits for long keeps as much alive at most. */
const SLAB = 16 * 1024;

/** Where function, unique and payload of a job lie, with a NUL between each. */
export interface JobBody {
  readonly source: Buffer;
  readonly start: number;
  readonly payload: number;
  readonly end: number;
}

/** Makes the memory that jobs are kept in. */
export class JobBodies {
  #slab: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #used = 0;
  /** The chunk that was asked last for its view: packets come many in one. */
  #source: Buffer | undefined = undefined;
  #sourceView: DataView = this.#view;

  /**
   * Keeps the head of a packet, its function and unique with a NUL behind each, and its payload.
   *
   * @param start where the function starts in `source`
   * @param headEnd behind the second NUL
   * @param payload where the payload starts: the same, unless there are other arguments between
   */
  keep(source: Buffer, start: number, headEnd: number, payload: number, end: number): JobBody {
    const head = headEnd - start;
    const size = head + end - payload;
    if (size > SHARED) return large(source, start, headEnd, payload, end);
    if (this.#used + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB);
      this.#view = new DataView(this.#slab.buffer);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += size;
    if (headEnd === payload) {
      this.#copy(source, start, end, at);
    } else {
      this.#copy(source, start, headEnd, at);
      this.#copy(source, payload, end, at + head);
    }
    return { source: this.#slab, start: at, payload: at + head, end: at + size };
  }

  #copy(source: Buffer, start: number, end: number, at: number): void {
    if (end - start > SHORT_COPY) {
      source.copy(this.#slab, at, start, end);
      return;
    }
    if (source !== this.#source) {
      this.#source = source;
      this.#sourceView = new DataView(source.buffer, source.byteOffset, source.length);
    }
    copyShort(this.#sourceView, start, end, this.#view, at);
  }
}

/** Where it lies, while that pins little more than the body, else a copy of its own. */
function large(source: Buffer, start: number, headEnd: number, payload: number, end: number): JobBody {
  const head = headEnd - start;
  if (headEnd === payload) {
    const owned = new ByteView(source, start, end).retain();
    const at = owned.start;
    return {
      source: owned.source as Buffer,
      start: at,
      payload: at + head,
      end: at + end - start,
    };
  }
  const copy = Buffer.allocUnsafeSlow(head + end - payload);
  source.copy(copy, 0, start, headEnd);
  source.copy(copy, head, payload, end);
  return { source: copy, start: 0, payload: head, end: copy.length };
}
