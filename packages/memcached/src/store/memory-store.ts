import type { Buffer } from 'node:buffer';

import { booleanOption, integerOption, InvalidOptionError, knownOptions } from '@wirewright/core/codec';

import { copyBytes, decimalLength, writeDecimal } from './copy-bytes.ts';
import { ItemIndex } from './item-index.ts';
import {
  classOf,
  HEAD,
  itemSize,
  KEY_AT,
  keyLengthOf,
  Mark,
  marksOf,
  packLengths,
  suffixLengthOf,
  VALUE_PREFIX,
  Word,
} from './item-layout.ts';
import { Lru } from './lru.ts';
import { MemoryItem } from './memory-item.ts';
import { parseCounter } from './parse-counter.ts';
import { offsetOf, PAGE_SIZE, Pages, type Ref } from './pages.ts';
import { classFor, CHUNK_SIZES, OWN_PAGE } from './slab-classes.ts';
import { Slabs } from './slabs.ts';
import { StoreClock } from './store-clock.ts';
import type { ArithmeticOutcome, Bytes, Item, Store, StoreMode, StoreOutcome } from './store.ts';

export interface MemoryStoreOptions {
  /** Bytes of all pages that items lie in, at most. Default 64 MiB. */
  readonly memoryLimit?: number | undefined;
  /** Bytes that an item may take with its key and what stands around it. Default 1 MiB. */
  readonly maxItemSize?: number | undefined;
  /** Whether the items used longest ago make room for new ones; if not, storing fails when the memory is full. Default true. */
  readonly evict?: boolean | undefined;
  /** Whether items have a cas of their own. Default true. */
  readonly cas?: boolean | undefined;
  /** Unix time in ms. Default the machine's. */
  readonly wall?: (() => number) | undefined;
}

/** What a store has done so far, in the words of memcached's `stats`. */
export interface StoreCounters {
  currItems: number;
  totalItems: number;
  /** Bytes of the items that are there. */
  bytes: number;
  evictions: number;
  reclaimed: number;
  /** Misses because the item had expired, or was flushed. */
  getExpired: number;
  getFlushed: number;
}

/** Seconds within which a use of an item is not noted again (memcached's ITEM_UPDATE_INTERVAL). */
const UPDATE_INTERVAL = 60;

/** Items at the end of an LRU that are looked at for one that may go. */
const TRIES = 8;

/** Items in memory outside of the heap, with a limit in bytes. */
export class MemoryStore implements Store {
  readonly clock: StoreClock;
  readonly counters: StoreCounters = {
    currItems: 0,
    totalItems: 0,
    bytes: 0,
    evictions: 0,
    reclaimed: 0,
    getExpired: 0,
    getFlushed: 0,
  };
  readonly maxItemSize: number;
  readonly #evict: boolean;
  readonly #pages = new Pages();
  readonly #index = new ItemIndex(this.#pages);
  readonly #slabs: Slabs;
  readonly #lrus: readonly Lru[] = CHUNK_SIZES.map(() => new Lru(this.#pages));
  readonly #item: MemoryItem;
  readonly #countsCas: boolean;
  #casHigh = 0;
  #casLow = 0;
  /** Items last used until then are dead, once it has come; 0: none are. */
  #flushAt = 0;

  /** @throws {InvalidOptionError} an option is unknown or out of range */
  constructor(options: MemoryStoreOptions = {}) {
    const { memoryLimit = 64 * 1024 * 1024, maxItemSize = 1024 * 1024, evict = true, cas = true, wall } = options;
    knownOptions('new MemoryStore()', options, ['memoryLimit', 'maxItemSize', 'evict', 'cas', 'wall']);
    if (wall !== undefined && typeof wall !== 'function')
      throw new InvalidOptionError('wall must be a function that returns Unix time in ms');
    this.maxItemSize = integerOption('maxItemSize', maxItemSize, 1024, 1024 ** 3);
    this.#evict = booleanOption('evict', evict);
    this.#countsCas = booleanOption('cas', cas);
    integerOption('memoryLimit', memoryLimit, PAGE_SIZE);
    this.clock = new StoreClock(wall);
    this.#slabs = new Slabs(this.#pages, memoryLimit);
    this.#item = new MemoryItem(this.#pages, this.clock);
  }

  /** Bytes that items and what finds them take. */
  get memory(): number {
    return this.#pages.size + this.#index.size;
  }

  get memoryLimit(): number {
    return this.#slabs.limit;
  }

  /** A lower limit is kept as items make room for others; nothing is thrown out for it at once. */
  set memoryLimit(bytes: number) {
    this.#slabs.limit = bytes;
  }

  get lastCas(): bigint {
    return (BigInt(this.#casHigh) << 32n) | BigInt(this.#casLow);
  }

  get(key: Bytes): Item | undefined {
    const ref = this.#find(key.buffer, key.start, key.end);
    if (ref === 0) return undefined;
    this.#use(ref);
    return this.#item.at(ref);
  }

  peek(key: Bytes): Item | undefined {
    const ref = this.#find(key.buffer, key.start, key.end);
    return ref === 0 ? undefined : this.#item.at(ref);
  }

  store(mode: StoreMode, key: Bytes, flags: number, exptime: number, value: Bytes, cas?: bigint): StoreOutcome {
    const { buffer, start, end } = key;
    const hash = this.#index.hash(buffer, start, end);
    const old = this.#findLive(hash, buffer, start, end);
    const refused = this.#refuses(mode, old, cas);
    if (refused !== undefined) return refused;
    if (old !== 0 && (mode === 'append' || mode === 'prepend')) return this.#extend(hash, old, key, value, mode);
    const expire = this.clock.expireAt(exptime);
    const length = value.end - value.start;
    const outcome = this.#put(hash, old, key, flags, expire, length);
    if (typeof outcome === 'string') {
      // What is over the limit must not leave an older value in its place: the client thinks that it was replaced.
      if (old !== 0 && mode === 'set') this.#unlink(hash, old);
      return outcome;
    }
    const at = this.#valueAt(outcome);
    copyBytes(value.buffer, value.start, value.end, this.#pages.bytes(outcome), at);
    return 'stored';
  }

  delete(key: Bytes, cas?: bigint): 'deleted' | 'not-found' | 'exists' {
    const { buffer, start, end } = key;
    const hash = this.#index.hash(buffer, start, end);
    const ref = this.#findLive(hash, buffer, start, end);
    if (ref === 0) return 'not-found';
    if (cas !== undefined && cas !== this.#casOf(ref)) return 'exists';
    this.#unlink(hash, ref);
    return 'deleted';
  }

  arithmetic(key: Bytes, delta: bigint, up: boolean, cas?: bigint): ArithmeticOutcome {
    const { buffer, start, end } = key;
    const hash = this.#index.hash(buffer, start, end);
    const ref = this.#findLive(hash, buffer, start, end);
    if (ref === 0) return 'not-found';
    if (cas !== undefined && cas !== this.#casOf(ref)) return 'exists';
    const item = this.#item.at(ref);
    const before = parseCounter(item.buffer, item.valueStart, item.valueEnd);
    if (before === undefined) return 'non-numeric';
    const after = up ? BigInt.asUintN(64, before + delta) : before > delta ? before - delta : 0n;
    const digits = after.toString();
    const { flags, valueStart, valueEnd } = item;
    if (digits.length <= valueEnd - valueStart) {
      // In place, with spaces behind it, as memcached does.
      const page = this.#pages.bytes(ref);
      page.fill(0x20, page.write(digits, valueStart, 'latin1') + valueStart, valueEnd);
      this.#stamp(ref);
      this.#use(ref);
      return after;
    }
    const expire = this.#word(ref, Word.Expire);
    const put = this.#put(hash, ref, key, flags, expire, digits.length);
    if (typeof put === 'string') return 'out-of-memory';
    this.#pages.bytes(put).write(digits, this.#valueAt(put), 'latin1');
    return after;
  }

  touch(key: Bytes, exptime: number): Item | undefined {
    const ref = this.#find(key.buffer, key.start, key.end);
    if (ref === 0) return undefined;
    this.#setWord(ref, Word.Expire, this.clock.expireAt(exptime));
    this.#use(ref);
    return this.#item.at(ref);
  }

  flush(delay: number): void {
    if (delay > 0) {
      this.#flushAt = this.clock.expireAt(delay) - 1;
      return;
    }
    this.#flushAt = 0;
    for (const lru of this.#lrus) {
      while (lru.oldest !== 0) this.#drop(lru.oldest);
    }
  }

  /** What is in the store, for whoever wants to see all of it. Nothing may be stored meanwhile. */
  *items(): Generator<Item> {
    for (const lru of this.#lrus) {
      for (let ref = lru.newest; ref !== 0; ref = this.#word(ref, Word.Older)) {
        if (!this.#isDead(ref)) yield this.#item.at(ref);
      }
    }
  }

  // ---------------------------------------------------------------- finding

  #find(buffer: Buffer, start: number, end: number): Ref {
    const hash = this.#index.hash(buffer, start, end);
    const ref = this.#index.find(hash, buffer, start, end);
    if (ref === 0 || !this.#isDead(ref)) return ref;
    if (this.#isExpired(ref)) this.counters.getExpired++;
    else this.counters.getFlushed++;
    this.#unlink(hash, ref);
    return 0;
  }

  #findLive(hash: number, buffer: Buffer, start: number, end: number): Ref {
    const ref = this.#index.find(hash, buffer, start, end);
    if (ref === 0 || !this.#isDead(ref)) return ref;
    this.#unlink(hash, ref);
    return 0;
  }

  #isDead(ref: Ref): boolean {
    return this.#isExpired(ref) || (this.#flushAt !== 0 && this.#isFlushed(ref));
  }

  #isExpired(ref: Ref): boolean {
    const expire = this.#word(ref, Word.Expire);
    return expire !== 0 && expire <= this.clock.now;
  }

  #isFlushed(ref: Ref): boolean {
    return this.#flushAt <= this.clock.now && this.#word(ref, Word.Time) <= this.#flushAt;
  }

  /** Notes that an item was asked for. */
  #use(ref: Ref): void {
    const words = this.#pages.words(ref);
    const at = offsetOf(ref) >>> 2;
    const lengths = words[at + Word.Lengths]!;
    const marks = marksOf(lengths);
    const more = (marks & Mark.Fetched) === 0 ? Mark.Fetched : Mark.Active;
    if ((marks & more) === 0) words[at + Word.Lengths] = (lengths | (more << 24)) >>> 0;
    const { now } = this.clock;
    if (now - words[at + Word.Time]! < UPDATE_INTERVAL) return;
    words[at + Word.Time] = now;
    const lru = this.#lrus[classOf(lengths)]!;
    lru.remove(ref);
    lru.add(ref);
  }

  // ---------------------------------------------------------------- storing

  #refuses(mode: StoreMode, old: Ref, cas: bigint | undefined): StoreOutcome | undefined {
    if (cas !== undefined) {
      if (old === 0) return 'not-found';
      if (cas !== this.#casOf(old)) return 'exists';
      return undefined;
    }
    if (mode === 'add' && old !== 0) {
      // It counts as a use, so that who finds it there keeps it there.
      this.#use(old);
      return 'not-stored';
    }
    const needsOld = mode === 'replace' || mode === 'append' || mode === 'prepend';
    return needsOld && old === 0 ? 'not-stored' : undefined;
  }

  /** Puts `value` before or behind the value that is there. */
  #extend(hash: number, old: Ref, key: Bytes, value: Bytes, mode: 'append' | 'prepend'): StoreOutcome {
    const item = this.#item.at(old);
    const { flags, valueStart, valueEnd } = item;
    const added = value.end - value.start;
    // The old value may be overwritten by the new one.
    const before = Uint8Array.prototype.slice.call(item.buffer, valueStart, valueEnd);
    const put = this.#put(hash, old, key, flags, this.#word(old, Word.Expire), before.length + added);
    if (typeof put === 'string') return put;
    const page = this.#pages.bytes(put);
    const at = this.#valueAt(put);
    page.set(before, mode === 'append' ? at : at + added);
    copyBytes(value.buffer, value.start, value.end, page, mode === 'append' ? at + before.length : at);
    return 'stored';
  }

  /** Makes room for an item in place of `old`, and writes all of it but the value. */
  #put(
    hash: number,
    old: Ref,
    key: Bytes,
    flags: number,
    expire: number,
    length: number,
  ): Ref | 'too-large' | 'out-of-memory' {
    const keyLength = key.end - key.start;
    const suffixLength = decimalLength(flags) + decimalLength(length) + 4;
    const size = itemSize(keyLength, suffixLength, length);
    if (size + 8 > this.maxItemSize) return 'too-large';
    const slabClass = classFor(size);
    const inPlace = old !== 0 && slabClass !== OWN_PAGE && classOf(this.#word(old, Word.Lengths)) === slabClass;
    let ref = old;
    if (!inPlace) {
      ref = this.#room(slabClass, size, old);
      if (ref === 0) return 'out-of-memory';
      // Making room may have thrown the old one out.
      if (old !== 0 && this.#index.find(hash, key.buffer, key.start, key.end) === old) this.#unlink(hash, old);
    } else {
      this.#lrus[slabClass]!.remove(ref);
      this.counters.bytes -= this.#sizeOf(ref);
    }
    const page = this.#pages.bytes(ref);
    const offset = offsetOf(ref);
    const words = this.#pages.words(ref);
    const at = offset >>> 2;
    words[at + Word.Expire] = expire;
    words[at + Word.Time] = this.clock.now;
    words[at + Word.Flags] = flags;
    words[at + Word.Lengths] = (packLengths(keyLength, suffixLength, slabClass) | (Mark.Linked << 24)) >>> 0;
    words[at + Word.ValueLength] = length;
    // All of it byte by byte: it is short, and each call into the runtime costs more.
    for (let i = 0; i < VALUE_PREFIX.length; i++) page[offset + HEAD + i] = VALUE_PREFIX[i]!;
    const suffix = offset + KEY_AT + keyLength;
    copyBytes(key.buffer, key.start, key.end, page, offset + KEY_AT);
    page[suffix] = 0x20;
    const afterFlags = writeDecimal(page, suffix + 1, flags);
    page[afterFlags] = 0x20;
    const afterLength = writeDecimal(page, afterFlags + 1, length);
    page[afterLength] = 0x0d;
    page[afterLength + 1] = 0x0a;
    page[offset + size - 2] = 0x0d;
    page[offset + size - 1] = 0x0a;
    this.#stamp(ref);
    if (!inPlace) {
      this.#index.add(hash, ref);
      this.counters.currItems++;
    }
    this.#lrus[slabClass]!.add(ref);
    this.counters.totalItems++;
    this.counters.bytes += this.#sizeOf(ref);
    return ref;
  }

  /** Gives an item the next cas. */
  #stamp(ref: Ref): void {
    if (!this.#countsCas) return;
    this.#casLow = (this.#casLow + 1) >>> 0;
    if (this.#casLow === 0) this.#casHigh = (this.#casHigh + 1) >>> 0;
    this.#setWord(ref, Word.CasLow, this.#casLow);
    this.#setWord(ref, Word.CasHigh, this.#casHigh);
  }

  // ---------------------------------------------------------------- room

  /** A chunk, for which items used longest ago make room if they have to; 0 if there is none. `kept` is not thrown out for it, if it can be helped. */
  #room(slabClass: number, size: number, kept: Ref): Ref {
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const ref = this.#slabs.take(slabClass, size);
      if (ref !== 0) return ref;
      if (!this.#makeRoom(slabClass, kept)) return 0;
    }
    return 0;
  }

  #makeRoom(slabClass: number, kept: Ref): boolean {
    const lru = this.#lrus[slabClass]!;
    for (let i = 0; i < TRIES && lru.oldest !== 0; i++) {
      const ref = lru.oldest;
      if (this.#isDead(ref)) {
        this.counters.reclaimed++;
        this.#drop(ref);
        return true;
      }
      if (!this.#evict) break;
      const lengths = this.#word(ref, Word.Lengths);
      const spared = i < TRIES - 1 && lru.count > 1 && ((marksOf(lengths) & Mark.Active) !== 0 || ref === kept);
      if (!spared) {
        this.counters.evictions++;
        this.#drop(ref);
        return true;
      }
      // Used more than once: it gets another round.
      this.#setWord(ref, Word.Lengths, (lengths & ~(Mark.Active << 24)) >>> 0);
      lru.remove(ref);
      lru.add(ref);
    }
    return this.#evict && this.#stealPage();
  }

  /** Empties a page of the class that has most of them, and gives it back. Returns whether there was one. */
  #stealPage(): boolean {
    let most = 0;
    for (let slabClass = 1; slabClass < CHUNK_SIZES.length; slabClass++) {
      if (this.#slabs.slab(slabClass).pages.length > (most === 0 ? 0 : this.#slabs.slab(most).pages.length))
        most = slabClass;
    }
    const page = most === 0 ? undefined : this.#slabs.slab(most).pages[0];
    if (page === undefined) return false;
    for (const ref of this.#slabs.chunks(most, page)) {
      if ((marksOf(this.#word(ref, Word.Lengths)) & Mark.Linked) === 0) continue;
      this.counters.evictions++;
      this.#drop(ref);
    }
    this.#slabs.dropPage(most, page);
    return true;
  }

  #drop(ref: Ref): void {
    const page = this.#pages.bytes(ref);
    const key = offsetOf(ref) + KEY_AT;
    this.#unlink(this.#index.hash(page, key, key + keyLengthOf(this.#word(ref, Word.Lengths))), ref);
  }

  #unlink(hash: number, ref: Ref): void {
    const lengths = this.#word(ref, Word.Lengths);
    const slabClass = classOf(lengths);
    this.counters.currItems--;
    this.counters.bytes -= this.#sizeOf(ref);
    this.#index.remove(hash, ref);
    this.#lrus[slabClass]!.remove(ref);
    this.#setWord(ref, Word.Lengths, (lengths & 0x00ff_ffff) >>> 0);
    this.#slabs.give(slabClass, ref);
  }

  // ---------------------------------------------------------------- what lies in a chunk

  #word(ref: Ref, word: number): number {
    return this.#pages.words(ref)[(offsetOf(ref) >>> 2) + word]!;
  }

  #setWord(ref: Ref, word: number, value: number): void {
    this.#pages.words(ref)[(offsetOf(ref) >>> 2) + word] = value;
  }

  #casOf(ref: Ref): bigint {
    return (BigInt(this.#word(ref, Word.CasHigh)) << 32n) | BigInt(this.#word(ref, Word.CasLow));
  }

  #valueAt(ref: Ref): number {
    const lengths = this.#word(ref, Word.Lengths);
    return offsetOf(ref) + KEY_AT + keyLengthOf(lengths) + suffixLengthOf(lengths);
  }

  #sizeOf(ref: Ref): number {
    const lengths = this.#word(ref, Word.Lengths);
    return HEAD + keyLengthOf(lengths) + suffixLengthOf(lengths) + this.#word(ref, Word.ValueLength) + 2;
  }
}
