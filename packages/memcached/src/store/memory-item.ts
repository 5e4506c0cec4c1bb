import type { Buffer } from 'node:buffer';

import { chargedSize, classOf, HEAD, KEY_AT, keyLengthOf, Mark, marksOf, suffixLengthOf, Word } from './item-layout.ts';
import { offsetOf, type Pages, type Ref } from './pages.ts';
import type { StoreClock } from './store-clock.ts';
import type { Item } from './store.ts';

/** Copies, since what another module exports is looked up each time, and what this one declares is known when it is compiled. */
const { Expire, Time, Flags, CasLow, CasHigh, Lengths, ValueLength } = Word;
const WIRE = HEAD;
const KEY = KEY_AT;

/**
 * Looks at the items of a store, one after the other: there is one of these for all of them. Where the parts of an item lie is worked out once,
 * since whoever looks asks for most of it, and some of it twice.
 */
export class MemoryItem implements Item {
  readonly #pages: Pages;
  readonly #clock: StoreClock;
  readonly #hasCas: boolean;
  /** The page of the item, and where in it the item begins, in words. */
  buffer: Buffer;
  view: DataView;
  #words: Uint32Array;
  #word = 0;
  wireStart = 0;
  wireEnd = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;

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
    const words = this.#pages.words(ref);
    const offset = offsetOf(ref);
    const word = offset >>> 2;
    const lengths = words[word + Lengths]!;
    const keyEnd = offset + KEY + keyLengthOf(lengths);
    const valueStart = keyEnd + suffixLengthOf(lengths);
    const valueEnd = valueStart + words[word + ValueLength]!;
    this.buffer = this.#pages.bytes(ref);
    this.view = this.#pages.view(ref);
    this.#words = words;
    this.#word = word;
    this.wireStart = offset + WIRE;
    this.wireEnd = valueEnd + 2;
    this.keyStart = offset + KEY;
    this.keyEnd = keyEnd;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    return this;
  }

  get flags(): number {
    return this.#words[this.#word + Flags]!;
  }

  get casHigh(): number {
    return this.#hasCas ? this.#words[this.#word + CasHigh]! : 0;
  }

  get casLow(): number {
    return this.#hasCas ? this.#words[this.#word + CasLow]! : 0;
  }

  get ttl(): number {
    const expire = this.#words[this.#word + Expire]!;
    return expire === 0 ? -1 : expire - this.#clock.now;
  }

  get idle(): number {
    return this.#clock.now - this.#words[this.#word + Time]!;
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
    return classOf(this.#words[this.#word + Lengths]!);
  }

  /** Bytes that it takes, as memcached counts them. */
  get size(): number {
    return chargedSize(this.keyEnd - this.keyStart, this.flags, this.valueEnd - this.valueStart);
  }

  #has(mark: number): boolean {
    return (marksOf(this.#words[this.#word + Lengths]!) & mark) !== 0;
  }
}
