import { Mark, marksOf, Word } from './item-layout.ts';
import type { Lru } from './lru.ts';
import { pageOf, type Ref } from './pages.ts';
import { CHUNK_SIZES, OWN_PAGE } from './slab-classes.ts';
import type { Slabs } from './slabs.ts';
import type { StoreClock } from './store-clock.ts';
import type { ClassCounters, StoreCounters } from './store-counters.ts';

/** Items at the end of an LRU that are looked at for one that may go. */
const TRIES = 8;

/** Times that something may be thrown out for one item: there is a page to empty long before that. */
const MAX_EVICTIONS = 10_000;

/** Pages in which what is dead is looked for at a time, where nothing may be thrown out. */
const PAGES_AT_ONCE = 8;

/**
 * Of the age of the oldest item of another size, how much that of an item that is to go has to be: what is younger stays, and a page of the
 * other size goes in its place. With 1, pages would go to and fro (as memcached's `slab_automove_ratio`).
 */
const FAIR_AGE = 0.8;

/** Where there may be no room: the items that are there, by size and in order of their use. */
interface Crowded {
  readonly slabs: Slabs;
  readonly lrus: readonly Lru[];
  readonly counters: StoreCounters;
  readonly classCounters: readonly ClassCounters[];
  /** Called with an item that is thrown out, while it is still there. */
  readonly onEvict: ((ref: Ref) => void) | undefined;
  isDead(ref: Ref): boolean;
  word(ref: Ref, word: number): number;
  has(ref: Ref, mark: number): boolean;
  mark(ref: Ref, set: number, clear: number): void;
  drop(ref: Ref): void;
}

/** Makes room for new items: by what is dead, by what was used longest ago, and by pages of other sizes. */
export class Eviction {
  readonly #heap: Crowded;
  /** By class: when it was last looked at whether other sizes have older items. Once a second is enough, and a page of each is not much. */
  readonly #compared = new Float64Array(CHUNK_SIZES.length);
  /** By class: the page from which on what is dead is looked for next, and when all of them were looked at in vain. */
  readonly #nextPage = new Uint32Array(CHUNK_SIZES.length);
  readonly #searched = new Float64Array(CHUNK_SIZES.length);
  readonly #clock: StoreClock;
  readonly #evict: boolean;

  /** @param evict whether anything is thrown out that is alive */
  constructor(heap: Crowded, clock: StoreClock, evict: boolean) {
    this.#heap = heap;
    this.#clock = clock;
    this.#evict = evict;
  }

  /** A chunk, for which items used longest ago make room if they have to; 0 if there is none. `kept` is not thrown out for it, if it can be helped. */
  room(slabClass: number, size: number, kept: Ref): Ref {
    // What is larger than all of the memory would have everything thrown out, and not be stored either.
    const attempts = this.#heap.slabs.couldHold(slabClass, size) ? MAX_EVICTIONS : 0;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const ref = this.#heap.slabs.take(slabClass, size);
      if (ref !== 0) return ref;
      if (!this.#makeRoom(slabClass, kept)) break;
    }
    this.#heap.classCounters[slabClass]!.outOfMemory++;
    return 0;
  }

  #makeRoom(slabClass: number, kept: Ref): boolean {
    const lru = this.#heap.lrus[slabClass]!;
    for (let i = 0; i < TRIES && lru.oldest !== 0; i++) {
      const ref = lru.oldest;
      if (this.#heap.isDead(ref)) {
        this.#reclaim(slabClass, ref);
        return true;
      }
      if (!this.#evict) return this.#reclaimSome(slabClass);
      const lengths = this.#heap.word(ref, Word.Lengths);
      const spared = i < TRIES - 1 && lru.count > 1 && ((marksOf(lengths) & Mark.Active) !== 0 || ref === kept);
      if (!spared) {
        if (!this.#takeOlderPage(slabClass, ref, kept)) this.#throwOut(slabClass, ref);
        return true;
      }
      // Used more than once: it gets another round.
      this.#heap.mark(ref, 0, Mark.Active);
      lru.remove(ref);
      lru.add(ref);
      this.#heap.counters.movesWithinLru++;
      this.#heap.classCounters[slabClass]!.movesWithinLru++;
    }
    return this.#evict && this.#stealPage();
  }

  /**
   * Takes out what is dead in some of the pages of a class, wherever it is in the LRU: what lives on at the end of that would else keep the memory of all
   * that has expired before it. A little of it for each item that there is no room for, so that nobody waits for all of it.
   */
  #reclaimSome(slabClass: number): boolean {
    const { now } = this.#clock;
    if (this.#searched[slabClass] === now) return false;
    const { slabs } = this.#heap;
    const { pages } = slabs.slab(slabClass);
    const first = this.#nextPage[slabClass]!;
    const next = first + PAGES_AT_ONCE;
    this.#nextPage[slabClass] = next < pages.length ? next : 0;
    let found = false;
    for (const page of pages.slice(first, next)) {
      for (const ref of slabs.chunks(slabClass, page)) {
        if (!this.#heap.has(ref, Mark.Linked) || !this.#heap.isDead(ref)) continue;
        this.#reclaim(slabClass, ref);
        found = true;
      }
    }
    if (!found && next >= pages.length) this.#searched[slabClass] = now;
    return found;
  }

  #reclaim(slabClass: number, ref: Ref): void {
    const ofClass = this.#heap.classCounters[slabClass]!;
    this.#heap.counters.reclaimed++;
    ofClass.reclaimed++;
    if (!this.#heap.has(ref, Mark.Fetched)) {
      this.#heap.counters.expiredUnfetched++;
      ofClass.expiredUnfetched++;
    }
    this.#heap.drop(ref);
  }

  #throwOut(slabClass: number, ref: Ref): void {
    const ofClass = this.#heap.classCounters[slabClass]!;
    this.#heap.onEvict?.(ref);
    this.#heap.counters.evictions++;
    ofClass.evicted++;
    ofClass.evictedTime = this.#clock.now - this.#heap.word(ref, Word.Time);
    if (this.#heap.word(ref, Word.Expire) !== 0) ofClass.evictedNonzero++;
    if (!this.#heap.has(ref, Mark.Fetched)) {
      this.#heap.counters.evictedUnfetched++;
      ofClass.evictedUnfetched++;
    }
    if (this.#heap.has(ref, Mark.Active)) {
      this.#heap.counters.evictedActive++;
      ofClass.evictedActive++;
    }
    this.#heap.drop(ref);
  }

  /**
   * Empties a page of another size, if its oldest item was used much longer ago than `ref`, which would have to go instead. Otherwise a size that
   * came up when the memory was full already would never have more than its first page, however much it is asked for.
   */
  #takeOlderPage(slabClass: number, ref: Ref, kept: Ref): boolean {
    const { now } = this.#clock;
    if (this.#compared[slabClass] === now) return false;
    this.#compared[slabClass] = now;
    let donor = 0;
    let oldest = (now - this.#heap.word(ref, Word.Time)) / FAIR_AGE;
    for (let other = OWN_PAGE + 1; other < CHUNK_SIZES.length; other++) {
      const age = other === slabClass ? 0 : this.#ageOf(other, now);
      if (age <= oldest) continue;
      donor = other;
      oldest = age;
    }
    if (donor === 0) return false;
    const last = this.#heap.lrus[donor]!.oldest;
    const page = last === 0 ? this.#heap.slabs.slab(donor).pages[0]! : pageOf(last);
    if (page === pageOf(kept)) return false;
    this.#empty(donor, page);
    return true;
  }

  /** Seconds since the last use of what was used longest ago of a class that can spare a page; -1 for one that cannot. */
  #ageOf(slabClass: number, now: number): number {
    const pages = this.#heap.slabs.slab(slabClass).pages.length;
    const { oldest } = this.#heap.lrus[slabClass]!;
    if (oldest === 0) return pages > 0 ? Infinity : -1;
    return pages > 1 ? now - this.#heap.word(oldest, Word.Time) : -1;
  }

  /** Empties a page of the class that has most of them, and gives it back. Returns whether there was one. */
  #stealPage(): boolean {
    let most = 0;
    for (let slabClass = 1; slabClass < CHUNK_SIZES.length; slabClass++) {
      if (this.#heap.slabs.slab(slabClass).pages.length > (most === 0 ? 0 : this.#heap.slabs.slab(most).pages.length))
        most = slabClass;
    }
    const page = most === 0 ? undefined : this.#heap.slabs.slab(most).pages[0];
    if (page === undefined) return false;
    this.#empty(most, page);
    return true;
  }

  #empty(slabClass: number, page: number): void {
    for (const ref of this.#heap.slabs.chunks(slabClass, page))
      if (this.#heap.has(ref, Mark.Linked)) this.#throwOut(slabClass, ref);
    this.#heap.slabs.dropPage(slabClass, page);
    this.#heap.counters.pagesMoved++;
  }
}
