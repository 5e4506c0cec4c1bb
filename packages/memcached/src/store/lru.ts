import { Word } from './item-layout.ts';
import { offsetOf, type Pages, type Ref } from './pages.ts';

/** Items in the order in which they were used, through the items themselves. */
export class Lru {
  readonly #pages: Pages;
  /** Used last, and used longest ago; 0 while it is empty. */
  newest: Ref = 0;
  oldest: Ref = 0;
  count = 0;
  /** Bytes of its items, as memcached counts them: kept by who stores them. */
  bytes = 0;

  constructor(pages: Pages) {
    this.#pages = pages;
  }

  /** Adds an item as the one used last. */
  add(ref: Ref): void {
    const words = this.#pages.words(ref);
    const at = offsetOf(ref) >>> 2;
    words[at + Word.Newer] = 0;
    words[at + Word.Older] = this.newest;
    if (this.newest === 0) this.oldest = ref;
    else this.#set(this.newest, Word.Newer, ref);
    this.newest = ref;
    this.count++;
  }

  remove(ref: Ref): void {
    const words = this.#pages.words(ref);
    const at = offsetOf(ref) >>> 2;
    const newer = words[at + Word.Newer]!;
    const older = words[at + Word.Older]!;
    if (newer === 0) this.newest = older;
    else this.#set(newer, Word.Older, older);
    if (older === 0) this.oldest = newer;
    else this.#set(older, Word.Newer, newer);
    this.count--;
  }

  #set(ref: Ref, word: number, value: Ref): void {
    this.#pages.words(ref)[(offsetOf(ref) >>> 2) + word] = value;
  }
}
