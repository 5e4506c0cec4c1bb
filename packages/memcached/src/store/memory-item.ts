import type { Buffer } from 'node:buffer';

import { HEAD, KEY_AT, keyLengthOf, Mark, marksOf, suffixLengthOf, Word } from './item-layout.ts';
import { offsetOf, type Pages, type Ref } from './pages.ts';
import type { StoreClock } from './store-clock.ts';
import type { Item } from './store.ts';

/** Looks at the items of a store, one after the other: there is one of these for all of them. */
export class MemoryItem implements Item {
  readonly #pages: Pages;
  readonly #clock: StoreClock;
  #ref: Ref = 0;

  constructor(pages: Pages, clock: StoreClock) {
    this.#pages = pages;
    this.#clock = clock;
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
    return this.#word(Word.CasHigh);
  }

  get casLow(): number {
    return this.#word(Word.CasLow);
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
    return (marksOf(this.#word(Word.Lengths)) & Mark.Fetched) !== 0;
  }

  #word(word: number): number {
    return this.#pages.words(this.#ref)[(offsetOf(this.#ref) >>> 2) + word]!;
  }
}
