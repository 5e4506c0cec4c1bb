import { Buffer } from 'node:buffer';

/** Bytes of a page that holds chunks of one size. */
export const PAGE_SIZE: number = 1024 * 1024;

/** Bits of a reference that say where in its page a chunk begins, in steps of 8 bytes. */
const OFFSET_BITS = 17;
const OFFSET_MASK = (1 << OFFSET_BITS) - 1;

/** Most pages that references can tell apart. */
const MAX_PAGES: number = 2 ** (32 - OFFSET_BITS);

/** Where a chunk lies, in 32 bits: 15 for the page, 17 for the place in it. 0 is none: there is no page 0. */
export type Ref = number;

interface Page {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  readonly view: DataView;
}

/** Memory outside of the heap, in pages: what lies in it costs the garbage collector nothing, however much it is. */
export class Pages {
  /** What the pages are by number; an unused number has an empty one. */
  readonly #bytes: Buffer[] = [Buffer.alloc(0)];
  readonly #words: Uint32Array[] = [new Uint32Array(0)];
  readonly #views: DataView[] = [new DataView(new ArrayBuffer(0))];
  readonly #unused: number[] = [];
  /** Bytes of all pages. */
  size = 0;

  /** Returns the number of a new page, or 0 when there can be no more. */
  add(size: number): number {
    const number = this.#unused.pop() ?? this.#bytes.length;
    if (number >= MAX_PAGES) return 0;
    const { bytes, words, view } = newPage(size);
    this.#bytes[number] = bytes;
    this.#words[number] = words;
    this.#views[number] = view;
    this.size += size;
    return number;
  }

  /** Gives a page back to the process. */
  drop(number: number): void {
    this.size -= this.#bytes[number]!.length;
    this.#bytes[number] = this.#bytes[0]!;
    this.#words[number] = this.#words[0]!;
    this.#views[number] = this.#views[0]!;
    this.#unused.push(number);
  }

  /** The page of a chunk, as bytes. */
  bytes(ref: Ref): Buffer {
    return this.#bytes[ref >>> OFFSET_BITS]!;
  }

  /** The page of a chunk, as a view: for copies. */
  view(ref: Ref): DataView {
    return this.#views[ref >>> OFFSET_BITS]!;
  }

  /** The page of a chunk, as 32-bit words in the byte order of the machine. */
  words(ref: Ref): Uint32Array {
    return this.#words[ref >>> OFFSET_BITS]!;
  }
}

/** The chunk that begins `offset` bytes, a multiple of 8, into a page. */
export function refOf(page: number, offset: number): Ref {
  return ((page << OFFSET_BITS) | (offset >>> 3)) >>> 0;
}

export function pageOf(ref: Ref): number {
  return ref >>> OFFSET_BITS;
}

/** Where a chunk begins in its page, in bytes. */
export function offsetOf(ref: Ref): number {
  return (ref & OFFSET_MASK) << 3;
}

function newPage(size: number): Page {
  // Words are read and written where they lie: the memory must begin at a multiple of four.
  const memory = new ArrayBuffer(size);
  return { bytes: Buffer.from(memory), words: new Uint32Array(memory), view: new DataView(memory) };
}
