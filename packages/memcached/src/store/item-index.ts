import { randomInt } from 'node:crypto';

import { blocks, hashBytes } from './hash.ts';
import { KEY_AT, keyLengthOf, Word } from './item-layout.ts';
import { offsetOf, type Pages, type Ref } from './pages.ts';

/** Copies, since what another module exports is looked up each time, and what this one declares is known when it is compiled. */
const { BucketNext, Lengths } = Word;
const KEY = KEY_AT;

const FIRST_BUCKETS = 1 << 12;

/** Items for each bucket, on average, before there are twice as many buckets. */
const LOAD = 1;

/** Buckets of the old table that are moved with each item that is added while there are two. */
const STEP = 4;

/**
 * Finds items by their key: buckets of references, each the first of a chain through the items themselves. It grows to twice the size
 * a few buckets at a time, so that no caller waits for all of them, and it has no end at 2^24 entries, as a Map has.
 */
export class ItemIndex {
  readonly #pages: Pages;
  readonly #seed: number;
  #table: Uint32Array = new Uint32Array(FIRST_BUCKETS);
  /** The table before it grew, and how many of its buckets have been moved. */
  #old: Uint32Array | undefined = undefined;
  #moved = 0;
  /** Items in it. */
  count = 0;

  constructor(pages: Pages, seed: number = randomInt(2 ** 32)) {
    this.#pages = pages;
    this.#seed = seed | 0;
  }

  hash(bytes: Uint8Array, start: number, end: number): number {
    return hashBytes(bytes, start, end, this.#seed);
  }

  /** The item with the key from `start` to `end`, whose hash that is; 0 if there is none. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): Ref {
    const length = end - start;
    let ref = this.#first(hash);
    while (ref !== 0) {
      const words = this.#pages.words(ref);
      const offset = offsetOf(ref);
      const at = offset >>> 2;
      if (keyLengthOf(words[at + Lengths]!) === length) {
        const page = this.#pages.bytes(ref);
        const key = offset + KEY;
        let i = 0;
        while (i < length && page[key + i] === bytes[start + i]) i++;
        if (i === length) return ref;
      }
      ref = words[at + BucketNext]!;
    }
    return 0;
  }

  /** The same of a key whose hash nobody needs: most of what a server is asked for. */
  get(bytes: Uint8Array, start: number, end: number): Ref {
    const length = end - start;
    let ref = this.#first(hashBytes(bytes, start, end, this.#seed));
    while (ref !== 0) {
      const words = this.#pages.words(ref);
      const offset = offsetOf(ref);
      const at = offset >>> 2;
      if (keyLengthOf(words[at + Lengths]!) === length && isHashed(this.#pages.view(ref), offset + KEY, length))
        return ref;
      ref = words[at + BucketNext]!;
    }
    return 0;
  }

  /** Adds an item whose key is not in it. */
  add(hash: number, ref: Ref): void {
    this.count++;
    if (this.#old !== undefined) this.#move();
    else if (this.count > LOAD * this.#table.length && this.#table.length < 2 ** 31) this.#grow();
    const table = this.#tableOf(hash);
    const bucket = hash & (table.length - 1);
    this.#pages.words(ref)[(offsetOf(ref) >>> 2) + BucketNext] = table[bucket]!;
    table[bucket] = ref;
  }

  /** Takes an item out that is in it. */
  remove(hash: number, ref: Ref): void {
    this.count--;
    const table = this.#tableOf(hash);
    const bucket = hash & (table.length - 1);
    const after = this.#pages.words(ref)[(offsetOf(ref) >>> 2) + BucketNext]!;
    if (table[bucket] === ref) {
      table[bucket] = after;
      return;
    }
    for (let before = table[bucket]!; before !== 0;) {
      const words = this.#pages.words(before);
      const at = (offsetOf(before) >>> 2) + BucketNext;
      const next = words[at]!;
      if (next === ref) {
        words[at] = after;
        return;
      }
      before = next;
    }
  }

  clear(): void {
    this.#table = new Uint32Array(FIRST_BUCKETS);
    this.#old = undefined;
    this.count = 0;
  }

  /** Bytes of the tables. */
  get size(): number {
    return this.#table.byteLength + (this.#old?.byteLength ?? 0);
  }

  /** Whether its buckets are being moved to a larger table. */
  get growing(): boolean {
    return this.#old !== undefined;
  }

  #first(hash: number): Ref {
    const table = this.#tableOf(hash);
    return table[hash & (table.length - 1)]!;
  }

  /** The table that has the bucket of `hash` now. */
  #tableOf(hash: number): Uint32Array {
    const old = this.#old;
    return old !== undefined && (hash & (old.length - 1)) >= this.#moved ? old : this.#table;
  }

  #grow(): void {
    this.#old = this.#table;
    this.#table = new Uint32Array(2 * this.#old.length);
    this.#moved = 0;
    this.#move();
  }

  /** Moves some buckets from the old table to the new one. */
  #move(): void {
    const old = this.#old!;
    const table = this.#table;
    const end = Math.min(this.#moved + STEP, old.length);
    for (; this.#moved < end; this.#moved++) {
      let ref = old[this.#moved]!;
      while (ref !== 0) {
        const words = this.#pages.words(ref);
        const offset = offsetOf(ref);
        const at = offset >>> 2;
        const next = words[at + BucketNext]!;
        const key = offset + KEY;
        const hash = this.hash(this.#pages.bytes(ref), key, key + keyLengthOf(words[at + Lengths]!));
        const bucket = hash & (table.length - 1);
        words[at + BucketNext] = table[bucket]!;
        table[bucket] = ref;
        ref = next;
      }
    }
    if (this.#moved === old.length) this.#old = undefined;
  }
}

/** Whether the key at `at` of a page is the one that was hashed last, which is as long. */
function isHashed(view: DataView, at: number, length: number): boolean {
  const whole = length >>> 2;
  for (let i = 0; i < whole; i++) if (view.getInt32(at + 4 * i, true) !== blocks[i]) return false;
  const left = length & 3;
  // What is read too much is the suffix behind the key, which has at least as many bytes.
  return left === 0 || (view.getInt32(at + 4 * whole, true) ^ blocks[whole]!) << (32 - 8 * left) === 0;
}
