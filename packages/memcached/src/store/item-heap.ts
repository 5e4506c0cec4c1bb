import type { Buffer } from 'node:buffer';

import { Eviction } from './eviction.ts';
import { FlushMark } from './flush-mark.ts';
import { ItemIndex } from './item-index.ts';
import {
  chargedSize,
  classOf,
  itemSize,
  KEY_AT,
  keyLengthOf,
  Mark,
  marksOf,
  packLengths,
  suffixLengthOf,
  Word,
} from './item-layout.ts';
import { Lru } from './lru.ts';
import { offsetOf, Pages, type Ref } from './pages.ts';
import { CHUNK_SIZES, classFor, OWN_PAGE } from './slab-classes.ts';
import { Slabs } from './slabs.ts';
import type { StoreClock } from './store-clock.ts';
import { type ClassCounters, classCounters, type StoreCounters, zero } from './store-counters.ts';
import type { Bytes } from './store.ts';
import { suffixLengthFor, writeWire } from './write-wire.ts';

/** Copies, since what another module exports is looked up each time, and what this one declares is known when it is compiled. */
const { Expire, Time, Flags, CasLow, CasHigh, Lengths, ValueLength } = Word;
const { Linked, Fetched, Active } = Mark;

/** Seconds within which a use of an item is not noted again (memcached's ITEM_UPDATE_INTERVAL). */
const UPDATE_INTERVAL = 60;

/**
 * The items of a store in their chunks: found by key, linked in order of their use, and thrown out when there is no room for others. What
 * commands make of them is the store's.
 */
export class ItemHeap {
  readonly pages: Pages = new Pages();
  readonly index: ItemIndex = new ItemIndex(this.pages);
  readonly slabs: Slabs;
  readonly lrus: readonly Lru[] = CHUNK_SIZES.map(() => new Lru(this.pages));
  readonly counters: StoreCounters = {
    currItems: 0,
    totalItems: 0,
    bytes: 0,
    evictions: 0,
    reclaimed: 0,
    getExpired: 0,
    getFlushed: 0,
    expiredUnfetched: 0,
    evictedUnfetched: 0,
    evictedActive: 0,
    movesWithinLru: 0,
    pagesMoved: 0,
  };
  readonly classCounters: readonly ClassCounters[] = CHUNK_SIZES.map(classCounters);
  /** Called with an item that is thrown out to make room, while it is still there. */
  onEvict: ((ref: Ref) => void) | undefined = undefined;
  readonly #clock: StoreClock;
  readonly #maxItemSize: number;
  /** The cas that the last change gave an item. */
  readonly lastCas: { casHigh: number; casLow: number } = { casHigh: 0, casLow: 0 };
  #casHigh = 0;
  #casLow = 0;
  readonly #flushed = new FlushMark();
  /** Whether there may be an item whose cas somebody chose. */
  #chosen = false;
  readonly #eviction: Eviction;

  constructor(clock: StoreClock, memoryLimit: number, maxItemSize: number, evict: boolean) {
    this.#clock = clock;
    this.#maxItemSize = maxItemSize;
    this.slabs = new Slabs(this.pages, memoryLimit);
    this.#eviction = new Eviction(this, clock, evict);
  }

  /** Starts to count anew, but for what is there. */
  resetCounters(): void {
    const { currItems, bytes } = this.counters;
    zero(this.counters);
    this.counters.currItems = currItems;
    this.counters.bytes = bytes;
    for (const ofClass of this.classCounters) zero(ofClass);
  }

  // ---------------------------------------------------------------- finding

  /** The item with that key and hash, unless it is dead; 0 if there is none. */
  find(hash: number, buffer: Buffer, start: number, end: number): Ref {
    const ref = this.index.find(hash, buffer, start, end);
    return ref === 0 || !this.isDead(ref) ? ref : this.#bury(hash, ref);
  }

  /** The same, and notes that it was asked for. All in one: most of what a server is asked for is this. */
  fetch(buffer: Buffer, start: number, end: number): Ref {
    const ref = this.index.get(buffer, start, end);
    if (ref === 0) return 0;
    const words = this.pages.words(ref);
    const at = offsetOf(ref) >>> 2;
    const expire = words[at + Expire]!;
    if ((expire !== 0 && expire <= this.#clock.now) || this.#isFlushed(ref))
      return this.#bury(this.index.hash(buffer, start, end), ref);
    this.#note(ref, words, at);
    return ref;
  }

  /** Notes that an item was asked for. */
  use(ref: Ref): void {
    this.#note(ref, this.pages.words(ref), offsetOf(ref) >>> 2);
  }

  #note(ref: Ref, words: Uint32Array, at: number): void {
    const lengths = words[at + Lengths]!;
    const marks = marksOf(lengths);
    const more = (marks & Fetched) === 0 ? Fetched : Active;
    const { now } = this.#clock;
    this.classCounters[classOf(lengths)]!.hits++;
    if ((marks & more) === 0) {
      words[at + Lengths] = (lengths | (more << 24)) >>> 0;
      // The second use is noted at once, as in memcached.
      if (more === Active) words[at + Time] = now;
    }
    if (now - words[at + Time]! < UPDATE_INTERVAL) return;
    words[at + Time] = now;
    const lru = this.lrus[classOf(lengths)]!;
    lru.remove(ref);
    lru.add(ref);
  }

  /** Has an item be the one used last, without that anybody has asked for it. */
  promote(ref: Ref): void {
    const words = this.pages.words(ref);
    const at = offsetOf(ref) >>> 2;
    const { now } = this.#clock;
    // To move it once in a second is enough.
    if (words[at + Time] === now) return;
    words[at + Time] = now;
    const lru = this.lrus[classOf(words[at + Lengths]!)]!;
    lru.remove(ref);
    lru.add(ref);
  }

  isDead(ref: Ref): boolean {
    return this.#isExpired(ref) || this.#isFlushed(ref);
  }

  #isExpired(ref: Ref): boolean {
    const expire = this.word(ref, Expire);
    return expire !== 0 && expire <= this.#clock.now;
  }

  #isFlushed(ref: Ref): boolean {
    const words = this.pages.words(ref);
    const at = offsetOf(ref) >>> 2;
    const { now } = this.#clock;
    return this.#flushed.covers(now, words[at + Time]!, words[at + CasHigh]!, words[at + CasLow]!);
  }

  /** Takes out what is dead by its cas, so that an item may have a lower one and live. */
  #dropFlushed(): void {
    const flushed: Ref[] = [];
    for (const ref of this.#linked()) if (this.#isFlushed(ref)) flushed.push(ref);
    this.#flushed.forgetCas();
    for (const ref of flushed) this.drop(ref);
  }

  #dropAll(): void {
    for (const ref of Array.from(this.#linked())) this.drop(ref);
  }

  #bury(hash: number, ref: Ref): 0 {
    if (this.#isFlushed(ref)) this.counters.getFlushed++;
    else this.counters.getExpired++;
    this.unlink(hash, ref);
    return 0;
  }

  /** Has all items die whose cas is not above the next one, which is taken for that. */
  flushNow(): void {
    // A cas that somebody chose may be above it.
    if (this.#chosen) this.#dropAll();
    this.#chosen = false;
    this.#nextCas();
    this.#flushed.upTo(this.#casHigh, this.#casLow);
  }

  /** Has all items die that were used last before `time`, once it has come. */
  flushAt(time: number): void {
    this.#flushed.before(time);
  }

  /** All items that are alive, page by page: whatever is stored meanwhile, and whichever pages go to other classes, a chunk that is there is whole. */
  *all(): Generator<Ref> {
    for (const ref of this.#linked()) if (!this.isDead(ref)) yield ref;
  }

  *#linked(): Generator<Ref> {
    for (let slabClass = 0; slabClass < CHUNK_SIZES.length; slabClass++) {
      // A copy: when a page goes meanwhile, none of those behind it is to be left out.
      for (const page of this.slabs.slab(slabClass).pages.slice())
        for (const ref of this.slabs.chunks(slabClass, page)) if (this.has(ref, Linked)) yield ref;
    }
  }

  // ---------------------------------------------------------------- storing

  /**
   * Makes room for an item in place of `old`, and writes all of it but the value, which lies from {@link valueAt} on.
   *
   * @param expire 0, or a time of the clock
   */
  put(
    hash: number,
    old: Ref,
    key: Bytes,
    flags: number,
    expire: number,
    length: number,
  ): Ref | 'too-large' | 'out-of-memory' {
    if (old !== 0 && this.#fits(old, flags, length)) return this.#renew(old, expire);
    const keyLength = key.end - key.start;
    const suffixLength = suffixLengthFor(flags, length);
    const size = itemSize(keyLength, suffixLength, length);
    if (chargedSize(keyLength, flags, length) > this.#maxItemSize) return 'too-large';
    const slabClass = classFor(size);
    const inPlace = old !== 0 && slabClass !== OWN_PAGE && classOf(this.word(old, Lengths)) === slabClass;
    let ref = old;
    if (!inPlace) {
      ref = this.#eviction.room(slabClass, size, old);
      if (ref === 0) return 'out-of-memory';
      // Making room may have thrown the old one out.
      if (old !== 0 && this.index.find(hash, key.buffer, key.start, key.end) === old) this.unlink(hash, old);
    } else {
      this.lrus[slabClass]!.remove(ref);
      this.#addBytes(slabClass, -this.#sizeOf(ref));
    }
    const page = this.pages.bytes(ref);
    const offset = offsetOf(ref);
    const words = this.pages.words(ref);
    const at = offset >>> 2;
    words[at + Expire] = expire;
    words[at + Time] = this.#clock.now;
    words[at + Flags] = flags;
    words[at + Lengths] = (packLengths(keyLength, suffixLength, slabClass) | (Linked << 24)) >>> 0;
    words[at + ValueLength] = length;
    writeWire(page, this.pages.view(ref), offset, size, key, flags, length);
    this.stamp(ref);
    if (!inPlace) {
      this.index.add(hash, ref);
      this.counters.currItems++;
    }
    this.lrus[slabClass]!.add(ref);
    this.counters.totalItems++;
    this.#addBytes(slabClass, chargedSize(keyLength, flags, length));
    return ref;
  }

  /** Whether what stands around the value can stay as it is: often a value is replaced by one of the same length. */
  #fits(ref: Ref, flags: number, length: number): boolean {
    return (
      this.word(ref, ValueLength) === length &&
      this.word(ref, Flags) === flags &&
      classOf(this.word(ref, Lengths)) !== OWN_PAGE
    );
  }

  /** Has an item be as one that was just stored, but for its value. */
  #renew(ref: Ref, expire: number): Ref {
    const words = this.pages.words(ref);
    const at = offsetOf(ref) >>> 2;
    const lengths = words[at + Lengths]!;
    this.promote(ref);
    words[at + Expire] = expire;
    words[at + Lengths] = ((lengths & 0x00ff_ffff) | (Linked << 24)) >>> 0;
    this.stamp(ref);
    this.counters.totalItems++;
    return ref;
  }

  /** Gives an item the next cas. */
  stamp(ref: Ref): void {
    this.#nextCas();
    this.#writeCas(ref, this.#casHigh, this.#casLow);
  }

  /** Gives an item a cas that somebody chose. */
  setCas(ref: Ref, high: number, low: number): void {
    if (this.#flushed.coversCas(high, low)) this.#dropFlushed();
    this.#chosen = true;
    this.#writeCas(ref, high, low);
  }

  #writeCas(ref: Ref, high: number, low: number): void {
    const words = this.pages.words(ref);
    const at = offsetOf(ref) >>> 2;
    words[at + CasLow] = low;
    words[at + CasHigh] = high;
    this.lastCas.casHigh = high;
    this.lastCas.casLow = low;
  }

  #nextCas(): void {
    this.#casLow = (this.#casLow + 1) >>> 0;
    if (this.#casLow === 0) this.#casHigh = (this.#casHigh + 1) >>> 0;
  }

  /** Takes an item out. */
  unlink(hash: number, ref: Ref): void {
    const lengths = this.word(ref, Lengths);
    const slabClass = classOf(lengths);
    this.counters.currItems--;
    this.#addBytes(slabClass, -this.#sizeOf(ref));
    this.index.remove(hash, ref);
    this.lrus[slabClass]!.remove(ref);
    this.setWord(ref, Lengths, (lengths & 0x00ff_ffff) >>> 0);
    this.slabs.give(slabClass, ref);
  }

  /** Takes out an item of which only the place is known. */
  drop(ref: Ref): void {
    const page = this.pages.bytes(ref);
    const key = offsetOf(ref) + KEY_AT;
    this.unlink(this.index.hash(page, key, key + keyLengthOf(this.word(ref, Lengths))), ref);
  }

  // ---------------------------------------------------------------- what lies in a chunk

  word(ref: Ref, word: number): number {
    return this.pages.words(ref)[(offsetOf(ref) >>> 2) + word]!;
  }

  setWord(ref: Ref, word: number, value: number): void {
    this.pages.words(ref)[(offsetOf(ref) >>> 2) + word] = value;
  }

  has(ref: Ref, mark: number): boolean {
    return (marksOf(this.word(ref, Lengths)) & mark) !== 0;
  }

  /** Sets some marks of an item, and takes others away. */
  mark(ref: Ref, set: number, clear: number = 0): void {
    this.setWord(ref, Lengths, ((this.word(ref, Lengths) & ~(clear << 24)) | (set << 24)) >>> 0);
  }

  /** Where the value of an item lies in its page. */
  valueAt(ref: Ref): number {
    const lengths = this.word(ref, Lengths);
    return offsetOf(ref) + KEY_AT + keyLengthOf(lengths) + suffixLengthOf(lengths);
  }

  #addBytes(slabClass: number, bytes: number): void {
    this.counters.bytes += bytes;
    this.lrus[slabClass]!.bytes += bytes;
  }

  #sizeOf(ref: Ref): number {
    const lengths = this.word(ref, Lengths);
    return chargedSize(keyLengthOf(lengths), this.word(ref, Flags), this.word(ref, ValueLength));
  }
}
