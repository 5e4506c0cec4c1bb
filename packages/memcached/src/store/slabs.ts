import { Word } from './item-layout.ts';
import { offsetOf, PAGE_SIZE, pageOf, type Pages, type Ref, refOf } from './pages.ts';
import { CHUNK_SIZES, OWN_PAGE } from './slab-classes.ts';

/** Chunks of one size. */
export interface Slab {
  /** Numbers of its pages. */
  readonly pages: number[];
  /** The first chunk that was used and is free, which has the next. */
  free: Ref;
  /** Bytes of the last page that were used by now. */
  fresh: number;
}

/** Hands out chunks of pages, within a limit of memory. It throws nothing out: that is the store's, which knows what is in them. */
export class Slabs {
  readonly #pages: Pages;
  readonly #slabs: Slab[] = CHUNK_SIZES.map(() => ({ pages: [], free: 0, fresh: PAGE_SIZE }));
  /** The class of each page by its number, which may have been that of a page of another class before; undefined while there is none. */
  readonly #classes: (number | undefined)[] = [];
  /** Bytes that all pages may have. */
  limit: number;

  constructor(pages: Pages, limit: number) {
    this.#pages = pages;
    this.limit = limit;
  }

  /** What there is of a class. */
  slab(slabClass: number): Readonly<Slab> {
    return this.#slabs[slabClass]!;
  }

  /** Whether there could be room for such an item, if there was nothing else. */
  couldHold(slabClass: number, size: number): boolean {
    return slabClass !== OWN_PAGE || ownPageSize(size) <= this.limit;
  }

  /**
   * A chunk of a class, or 0 when there is no room.
   *
   * @param size of a page of its own, for {@link OWN_PAGE}
   */
  take(slabClass: number, size: number): Ref {
    const slab = this.#slabs[slabClass]!;
    if (slabClass === OWN_PAGE) return this.#takePage(size);
    if (slab.free !== 0) {
      const ref = slab.free;
      slab.free = this.#pages.words(ref)[(offsetOf(ref) >>> 2) + Word.BucketNext]!;
      return ref;
    }
    const chunk = CHUNK_SIZES[slabClass]!;
    if (slab.fresh + chunk > PAGE_SIZE) {
      // Each class may have one page, whatever the limit: it could keep nothing at all otherwise.
      if (this.#pages.size + PAGE_SIZE > this.limit && slab.pages.length > 0) return 0;
      if (this.#addPage(slabClass, PAGE_SIZE) === 0) return 0;
      slab.fresh = 0;
    }
    const ref = refOf(slab.pages.at(-1)!, slab.fresh);
    slab.fresh += chunk;
    return ref;
  }

  /** Takes a chunk back. */
  give(slabClass: number, ref: Ref): void {
    const slab = this.#slabs[slabClass]!;
    if (slabClass === OWN_PAGE) {
      this.#removePage(slab, pageOf(ref));
      return;
    }
    this.#pages.words(ref)[(offsetOf(ref) >>> 2) + Word.BucketNext] = slab.free;
    slab.free = ref;
  }

  /** The chunks of a page that are, or have been, used; no more of them once the page has gone to another class. */
  *chunks(slabClass: number, page: number): Generator<Ref> {
    const slab = this.#slabs[slabClass]!;
    // What has a page of its own begins with it.
    const chunk = slabClass === OWN_PAGE ? PAGE_SIZE : CHUNK_SIZES[slabClass]!;
    const end = page === slab.pages.at(-1) ? slab.fresh : PAGE_SIZE;
    for (let offset = 0; offset + chunk <= end && this.#classes[page] === slabClass; offset += chunk)
      yield refOf(page, offset);
  }

  /** Gives a page back, all of whose chunks are free. */
  dropPage(slabClass: number, page: number): void {
    const slab = this.#slabs[slabClass]!;
    const kept: Ref[] = [];
    for (let ref = slab.free; ref !== 0;) {
      if (pageOf(ref) !== page) kept.push(ref);
      ref = this.#pages.words(ref)[(offsetOf(ref) >>> 2) + Word.BucketNext]!;
    }
    slab.free = 0;
    for (const ref of kept) {
      this.#pages.words(ref)[(offsetOf(ref) >>> 2) + Word.BucketNext] = slab.free;
      slab.free = ref;
    }
    if (page === slab.pages.at(-1)) slab.fresh = PAGE_SIZE;
    this.#removePage(slab, page);
  }

  #takePage(size: number): Ref {
    const whole = ownPageSize(size);
    if (this.#pages.size + whole > this.limit) return 0;
    const page = this.#addPage(OWN_PAGE, whole);
    return page === 0 ? 0 : refOf(page, 0);
  }

  /** Returns the number of a new page of a class, or 0 when there can be no more. */
  #addPage(slabClass: number, size: number): number {
    const page = this.#pages.add(size);
    if (page === 0) return 0;
    this.#slabs[slabClass]!.pages.push(page);
    this.#classes[page] = slabClass;
    return page;
  }

  #removePage(slab: Slab, page: number): void {
    slab.pages.splice(slab.pages.indexOf(page), 1);
    this.#classes[page] = undefined;
    this.#pages.drop(page);
  }
}

/** Bytes of the page of an item that has one of its own. */
function ownPageSize(size: number): number {
  return Math.ceil(size / 4096) * 4096;
}
