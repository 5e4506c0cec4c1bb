import type { Buffer } from 'node:buffer';

import { chargedSize, classOf, HEAD, KEY_AT, keyLengthOf, Mark, marksOf, suffixLengthOf, Word } from './item-layout.ts';
import { offsetOf, type Pages, type Ref } from './pages.ts';
import type { StoreClock } from './store-clock.ts';
import type { Item } from './store.ts';

/** Looks at the items of a store, one after the other: there is one of these for all of them. */
export class MemoryItem implements Item {
  readonly #pages: Pages;
  readonly #clock: StoreClock;
  readonly #hasCas: boolean;
  /** The page of the item, and where in it the item begins, in bytes and in words. */
  buffer: Buffer;
  view: DataView;
  #words: Uint32Array;
  #offset = 0;
  #word = 0;

  constructor(pages: Pages, clock: StoreClock, hasCas: boolean) {
    this.#pages = pages;
    this.#clock = clock;
    this.#hasCas = hasCas;
    this.buffer = pages.bytes(0);
    this.view = pages.view(0);
    this.#words = pages.words(0);
  }

  /** This, from here on looking at the item there. */
  at(ref: Ref): this {
    this.buffer = this.#pages.bytes(ref);
    this.view = this.#pages.view(ref);
    this.#words = this.#pages.words(ref);
    this.#offset = offsetOf(ref);
    this.#word = this.#offset >>> 2;
    return this;
  }

  get flags(): number {
    return this.#words[this.#word + Word.Flags]!;
  }

  get casHigh(): number {
    return this.#hasCas ? this.#words[this.#word + Word.CasHigh]! : 0;
  }

  get casLow(): number {
    return this.#hasCas ? this.#words[this.#word + Word.CasLow]! : 0;
  }

  get wireStart(): number {
    return this.#offset + HEAD;
  }

  get wireEnd(): number {
    return this.valueEnd + 2;
  }

  get keyStart(): number {
    return this.#offset + KEY_AT;
  }

  get keyEnd(): number {
    return this.#offset + KEY_AT + keyLengthOf(this.#lengths);
  }

  get valueStart(): number {
    const lengths = this.#lengths;
    return this.#offset + KEY_AT + keyLengthOf(lengths) + suffixLengthOf(lengths);
  }

  get valueEnd(): number {
    return this.valueStart + this.#words[this.#word + Word.ValueLength]!;
  }

  get ttl(): number {
    const expire = this.#words[this.#word + Word.Expire]!;
    return expire === 0 ? -1 : expire - this.#clock.now;
  }

  get idle(): number {
    return this.#clock.now - this.#words[this.#word + Word.Time]!;
  }

  get fetched(): boolean {
    return this.#has(Mark.Fetched);
  }

  get stale(): boolean {
    return this.#has(Mark.Stale);
  }

  get claimed(): boolean {
    return this.#has(Mark.Claimed);
  }

  /** The class of its size, by which statistics are grouped. */
  get slabClass(): number {
    return classOf(this.#lengths);
  }

  /** Bytes that it takes, as memcached counts them. */
  get size(): number {
    return chargedSize(keyLengthOf(this.#lengths), this.flags, this.#words[this.#word + Word.ValueLength]!);
  }

  get #lengths(): number {
    return this.#words[this.#word + Word.Lengths]!;
  }

  #has(mark: number): boolean {
    return (marksOf(this.#lengths) & mark) !== 0;
  }
}
