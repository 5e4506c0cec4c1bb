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
  #ref: Ref = 0;

  constructor(pages: Pages, clock: StoreClock, hasCas: boolean) {
    this.#pages = pages;
    this.#clock = clock;
    this.#hasCas = hasCas;
  }

  /** This, from here on looking at the item there. */
  at(ref: Ref): this {
    this.#ref = ref;
    return this;
  }

  get buffer(): Buffer {
    return this.#pages.bytes(this.#ref);
  }

  get flags(): number {
    return this.#word(Word.Flags);
  }

  get casHigh(): number {
    return this.#hasCas ? this.#word(Word.CasHigh) : 0;
  }

  get casLow(): number {
    return this.#hasCas ? this.#word(Word.CasLow) : 0;
  }

  get wireStart(): number {
    return offsetOf(this.#ref) + HEAD;
  }

  get wireEnd(): number {
    return this.valueEnd + 2;
  }

  get keyStart(): number {
    return offsetOf(this.#ref) + KEY_AT;
  }

  get keyEnd(): number {
    return this.keyStart + keyLengthOf(this.#word(Word.Lengths));
  }

  get valueStart(): number {
    const lengths = this.#word(Word.Lengths);
    return this.keyStart + keyLengthOf(lengths) + suffixLengthOf(lengths);
  }

  get valueEnd(): number {
    return this.valueStart + this.#word(Word.ValueLength);
  }

  get ttl(): number {
    const expire = this.#word(Word.Expire);
    return expire === 0 ? -1 : expire - this.#clock.now;
  }

  get idle(): number {
    return this.#clock.now - this.#word(Word.Time);
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
    return classOf(this.#word(Word.Lengths));
  }

  /** Bytes that it takes, as memcached counts them. */
  get size(): number {
    return chargedSize(keyLengthOf(this.#word(Word.Lengths)), this.flags, this.#word(Word.ValueLength));
  }

  #has(mark: number): boolean {
    return (marksOf(this.#word(Word.Lengths)) & mark) !== 0;
  }

  #word(word: number): number {
    return this.#pages.words(this.#ref)[(offsetOf(this.#ref) >>> 2) + word]!;
  }
}
