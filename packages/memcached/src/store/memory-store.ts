import { booleanOption, integerOption, InvalidOptionError, knownOptions } from '@wirewright/core/codec';

import type { StoreMode } from '../store-mode.ts';
import { copyBytes } from './copy-bytes.ts';
import { ItemHeap } from './item-heap.ts';
import { Mark, Word } from './item-layout.ts';
import { MemoryItem } from './memory-item.ts';
import { PAGE_SIZE, type Ref } from './pages.ts';
import { parseCounter } from './parse-counter.ts';
import { CHUNK_SIZES, OWN_PAGE } from './slab-classes.ts';
import { StoreClock } from './store-clock.ts';
import type { ClassCounters, StoreCounters } from './store-counters.ts';
import type {
  ArithmeticConditions,
  ArithmeticOutcome,
  Bytes,
  CasWords,
  DeleteConditions,
  Store,
  StoreConditions,
  StoreOutcome,
} from './store.ts';

/** How much a {@link MemoryStore} holds, and what it does when it is full. */
export interface MemoryStoreOptions {
  /** Bytes of all pages that items lie in, at most; each of the 55 sizes may have its first page of 1 MiB beyond that, as in memcached. Default 64 MiB. */
  readonly memoryLimit?: number | undefined;
  /** Bytes that an item may take with its key and what stands around it. Default 1 MiB. */
  readonly maxItemSize?: number | undefined;
  /** Whether the items used longest ago make room for new ones; if not, storing fails when the memory is full. Default true. */
  readonly evict?: boolean | undefined;
  /** Whether items have a cas of their own. Default true. */
  readonly cas?: boolean | undefined;
  /** Unix time in ms. Default the machine's when the process began, and what has passed since. */
  readonly wall?: (() => number) | undefined;
}

const MEMORY_STORE_OPTIONS: readonly string[] = ['memoryLimit', 'maxItemSize', 'evict', 'cas', 'wall'];

/** What there is of the items of one size. */
export interface SizeClass extends ClassCounters {
  /** A number from 1 on; 0 for items that have memory of their own each. */
  readonly number: number;
  /** Bytes of each chunk. */
  readonly chunkSize: number;
  /** Pages that are cut into such chunks. */
  readonly pages: number;
  /** Chunks of all pages. */
  readonly chunks: number;
  /** Chunks with an item. */
  readonly items: number;
  /** Bytes of those items, as memcached counts them. */
  readonly bytes: number;
  /** Seconds since the last use of the item that was used longest ago. */
  readonly age: number;
}

const NO_CAS: CasWords = { casHigh: 0, casLow: 0 };

const NO_CONDITIONS: StoreConditions & DeleteConditions = {};

/** Items in memory outside of the heap, with a limit in bytes. */
export class MemoryStore implements Store {
  /** What items expire by. */
  readonly clock: StoreClock;
  /** Bytes that an item may take with its key and what stands around it. */
  readonly maxItemSize: number;
  /** Whether items that were used long ago make room for new ones. */
  readonly evict: boolean;
  /** Whether items have a cas of their own. */
  readonly cas: boolean;
  readonly #heap: ItemHeap;
  readonly #item: MemoryItem;

  /** @throws {InvalidOptionError} an option is unknown or out of range */
  constructor(options: MemoryStoreOptions = {}) {
    const { memoryLimit = 64 * 1024 * 1024, maxItemSize = 1024 * 1024, evict = true, cas = true, wall } = options;
    knownOptions('new MemoryStore()', options, MEMORY_STORE_OPTIONS);
    if (wall !== undefined && typeof wall !== 'function')
      throw new InvalidOptionError('wall must be a function that returns Unix time in ms');
    this.maxItemSize = integerOption('maxItemSize', maxItemSize, 1024, 1024 ** 3);
    this.evict = booleanOption('evict', evict);
    this.cas = booleanOption('cas', cas);
    integerOption('memoryLimit', memoryLimit, PAGE_SIZE);
    this.clock = new StoreClock(wall);
    this.#heap = new ItemHeap(this.clock, memoryLimit, maxItemSize, evict);
    this.#item = new MemoryItem(this.#heap.pages, this.clock, cas);
  }

  get lastCas(): CasWords {
    return this.cas ? this.#heap.lastCas : NO_CAS;
  }

  /** What it has and has done so far. */
  get counters(): Readonly<StoreCounters> {
    return { ...this.#heap.counters };
  }

  /** Starts to count anew, but for what is there. */
  resetCounters(): void {
    this.#heap.resetCounters();
  }

  /** Bytes that items and what finds them take. */
  get memory(): number {
    return this.#heap.pages.size + this.#heap.index.size;
  }

  /** Bytes of the pages that items lie in. */
  get pageMemory(): number {
    return this.#heap.pages.size;
  }

  /** Whether what finds items is growing to twice its size. */
  get growing(): boolean {
    return this.#heap.index.growing;
  }

  /** Bytes of what finds items by their key. */
  get indexSize(): number {
    return this.#heap.index.size;
  }

  get memoryLimit(): number {
    return this.#heap.slabs.limit;
  }

  /** A lower limit is kept as items make room for others; nothing is thrown out for it at once. */
  set memoryLimit(bytes: number) {
    this.#heap.slabs.limit = bytes;
  }

  /** The sizes of which there are, or were, items. */
  get sizeClasses(): SizeClass[] {
    const heap = this.#heap;
    const classes: SizeClass[] = [];
    for (let number = 0; number < CHUNK_SIZES.length; number++) {
      const lru = heap.lrus[number]!;
      const pages = heap.slabs.slab(number).pages.length;
      if (pages === 0) continue;
      const chunkSize = CHUNK_SIZES[number]!;
      const chunks = number === OWN_PAGE ? pages : pages * Math.floor(PAGE_SIZE / chunkSize);
      const age = lru.oldest === 0 ? 0 : this.clock.now - heap.word(lru.oldest, Word.Time);
      classes.push({
        number,
        chunkSize,
        pages,
        chunks,
        items: lru.count,
        bytes: lru.bytes,
        age,
        ...heap.classCounters[number]!,
      });
    }
    return classes;
  }

  /** Calls `hook` with each item that is thrown out to make room, while it is still there; with `undefined`, nothing any more. */
  onEvict(hook: ((item: MemoryItem) => void) | undefined): void {
    const item = new MemoryItem(this.#heap.pages, this.clock, this.cas);
    this.#heap.onEvict = hook && ((ref) => hook(item.at(ref)));
  }

  get(key: Bytes): MemoryItem | undefined {
    const { buffer, start, end } = key;
    const heap = this.#heap;
    const ref = heap.fetch(buffer, start, end);
    return ref === 0 ? undefined : this.#item.at(ref);
  }

  peek(key: Bytes): MemoryItem | undefined {
    const ref = this.#find(key);
    return ref === 0 ? undefined : this.#item.at(ref);
  }

  store(
    mode: StoreMode,
    key: Bytes,
    flags: number,
    exptime: number,
    value: Bytes,
    conditions: StoreConditions = NO_CONDITIONS,
  ): StoreOutcome {
    const { buffer, start, end } = key;
    const heap = this.#heap;
    const hash = heap.index.hash(buffer, start, end);
    const old = heap.find(hash, buffer, start, end);
    const refused = this.#refuses(mode, old, conditions);
    if (refused !== undefined) return refused;
    const extending = mode === 'append' || mode === 'prepend';
    if (extending && old !== 0) return this.#extend(hash, old, key, value, mode, conditions);
    // What is stored in spite of an older cas takes over how long there was to live, and who was told to recache.
    const late = mode === 'cas' && conditions.stale === true && conditions.cas !== this.#casOf(old);
    const expire = late ? heap.word(old, Word.Expire) : this.clock.expireAt(extending ? conditions.vivify! : exptime);
    const marks = late ? Mark.Stale | (heap.has(old, Mark.Claimed) ? Mark.Claimed : 0) : 0;
    const put = heap.put(hash, old, key, flags, expire, value.end - value.start);
    if (typeof put === 'string') {
      // What could not be stored must not leave an older value in its place: the client thinks that it was replaced.
      if (old !== 0 && mode === 'set' && heap.index.find(hash, buffer, start, end) === old) heap.unlink(hash, old);
      return put;
    }
    copyBytes(value.buffer, value.start, value.end, heap.pages.bytes(put), heap.pages.view(put), heap.valueAt(put));
    if (marks !== 0) heap.mark(put, marks);
    this.#setCas(put, conditions.newCas);
    return 'stored';
  }

  delete(key: Bytes, conditions: DeleteConditions = NO_CONDITIONS): 'deleted' | 'not-found' | 'exists' {
    const { buffer, start, end } = key;
    const heap = this.#heap;
    const hash = heap.index.hash(buffer, start, end);
    const ref = heap.find(hash, buffer, start, end);
    if (ref === 0) return 'not-found';
    const { cas, stale, empty = false, newCas } = conditions;
    if (cas !== undefined && cas !== this.#casOf(ref)) return 'exists';
    if (stale === undefined && !empty) {
      heap.unlink(hash, ref);
      return 'deleted';
    }
    // An empty value fits into the room that there is for a longer one, or into that of another class.
    const kept = empty ? heap.put(hash, ref, key, 0, heap.word(ref, Word.Expire), 0) : ref;
    if (typeof kept === 'string') return 'deleted';
    if (!empty) heap.stamp(kept);
    if (stale !== undefined) {
      if (stale !== true) heap.setWord(kept, Word.Expire, this.clock.expireAt(stale));
      // The next one who asks is told to store a new one.
      heap.mark(kept, Mark.Stale, Mark.Claimed);
    }
    this.#setCas(kept, newCas);
    return 'deleted';
  }

  arithmetic(
    key: Bytes,
    delta: bigint,
    up: boolean,
    conditions: ArithmeticConditions = NO_CONDITIONS,
  ): ArithmeticOutcome {
    const { buffer, start, end } = key;
    const heap = this.#heap;
    const hash = heap.index.hash(buffer, start, end);
    const ref = heap.find(hash, buffer, start, end);
    if (ref === 0) return 'not-found';
    // An empty value is none before anybody asks for its cas.
    if (heap.word(ref, Word.ValueLength) === 0) return 'non-numeric';
    if (conditions.cas !== undefined && conditions.cas !== this.#casOf(ref)) return 'exists';
    const item = this.#item.at(ref);
    const { flags, valueStart, valueEnd } = item;
    const before = parseCounter(item.buffer, valueStart, valueEnd);
    if (before === undefined) return 'non-numeric';
    const after = up ? BigInt.asUintN(64, before + delta) : before > delta ? before - delta : 0n;
    const digits = after.toString();
    if (digits.length <= valueEnd - valueStart) {
      // In place, with spaces behind it, as memcached does.
      const page = heap.pages.bytes(ref);
      page.fill(0x20, page.write(digits, valueStart, 'latin1') + valueStart, valueEnd);
      heap.stamp(ref);
      heap.promote(ref);
      this.#setCas(ref, conditions.newCas);
      return after;
    }
    const put = heap.put(hash, ref, key, flags, heap.word(ref, Word.Expire), digits.length);
    if (typeof put === 'string') return 'out-of-memory';
    heap.pages.bytes(put).write(digits, heap.valueAt(put), 'latin1');
    this.#setCas(put, conditions.newCas);
    return after;
  }

  touch(key: Bytes, exptime: number, uses: boolean = true): MemoryItem | undefined {
    const ref = this.#find(key);
    if (ref === 0) return undefined;
    this.#heap.setWord(ref, Word.Expire, this.clock.expireAt(exptime));
    if (uses) this.#heap.use(ref);
    return this.#item.at(ref);
  }

  claim(key: Bytes): void {
    const ref = this.#find(key);
    if (ref !== 0) this.#heap.mark(ref, Mark.Claimed);
  }

  flush(delay: number): void {
    if (delay > 0) this.#heap.flushAt(this.clock.expireAt(delay));
    else this.#heap.flushNow();
  }

  *items(): Generator<MemoryItem> {
    const item = new MemoryItem(this.#heap.pages, this.clock, this.cas);
    for (const ref of this.#heap.all()) yield item.at(ref);
  }

  /** The items of one size, those used last first. Nothing may be stored meanwhile. */
  *itemsOf(slabClass: number): Generator<MemoryItem> {
    const heap = this.#heap;
    const item = new MemoryItem(heap.pages, this.clock, this.cas);
    for (let ref = heap.lrus[slabClass]?.newest ?? 0; ref !== 0; ref = heap.word(ref, Word.Older)) {
      if (!heap.isDead(ref)) yield item.at(ref);
    }
  }

  tick(): void {
    this.clock.tick();
  }

  #find({ buffer, start, end }: Bytes): Ref {
    return this.#heap.find(this.#heap.index.hash(buffer, start, end), buffer, start, end);
  }

  #refuses(mode: StoreMode, old: Ref, conditions: StoreConditions): StoreOutcome | undefined {
    switch (mode) {
      case 'set':
        return undefined;
      case 'add':
        if (old === 0) return undefined;
        // Who finds it there keeps it there.
        this.#heap.promote(old);
        return 'not-stored';
      case 'replace':
        return old === 0 ? 'not-stored' : undefined;
      case 'append':
      case 'prepend':
        if (old === 0) return conditions.vivify === undefined ? 'not-stored' : undefined;
        return conditions.cas === undefined || conditions.cas === this.#casOf(old) ? undefined : 'exists';
      case 'cas':
        break;
    }
    if (old === 0) return 'not-found';
    const { cas = 0n, stale = false } = conditions;
    const now = this.#casOf(old);
    return cas !== 0n && (cas === now || (stale && cas < now)) ? undefined : 'exists';
  }

  /** Puts `value` before or behind the value that is there. */
  #extend(
    hash: number,
    old: Ref,
    key: Bytes,
    value: Bytes,
    mode: 'append' | 'prepend',
    { newCas }: StoreConditions,
  ): StoreOutcome {
    const heap = this.#heap;
    const item = this.#item.at(old);
    const { flags, valueStart, valueEnd } = item;
    const added = value.end - value.start;
    // The old value may be overwritten by the new one.
    const before = Uint8Array.prototype.slice.call(item.buffer, valueStart, valueEnd);
    const put = heap.put(hash, old, key, flags, heap.word(old, Word.Expire), before.length + added);
    // memcached does not say why, either.
    if (typeof put === 'string') return 'not-stored';
    const page = heap.pages.bytes(put);
    const at = heap.valueAt(put);
    page.set(before, mode === 'append' ? at : at + added);
    const to = mode === 'append' ? at + before.length : at;
    copyBytes(value.buffer, value.start, value.end, page, heap.pages.view(put), to);
    this.#setCas(put, newCas);
    return 'stored';
  }

  #setCas(ref: Ref, cas: bigint | undefined): void {
    if (cas !== undefined) this.#heap.setCas(ref, Number(cas >> 32n), Number(cas & 0xffff_ffffn));
  }

  #casOf(ref: Ref): bigint {
    if (!this.cas) return 0n;
    return (BigInt(this.#heap.word(ref, Word.CasHigh)) << 32n) | BigInt(this.#heap.word(ref, Word.CasLow));
  }
}
