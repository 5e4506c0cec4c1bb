import type { Buffer } from 'node:buffer';

import type { StoreMode } from '../store-mode.ts';

/** What became of a command that stores. */
export type StoreOutcome = 'stored' | 'not-stored' | 'exists' | 'not-found' | 'too-large' | 'out-of-memory';

/** Part of some memory: a key or a value where it was received. */
export interface Bytes {
  /** The memory. */
  readonly buffer: Buffer;
  /** Where the part begins in it. */
  readonly start: number;
  /** Where the part ends. */
  readonly end: number;
}

/** A cas: unique for each change, 64 bits in two numbers. */
export interface CasWords {
  /** The upper 32 bits. */
  readonly casHigh: number;
  /** The lower 32 bits. */
  readonly casLow: number;
}

/** An item as it lies in the store. Valid until something is stored, deleted or changed, or another key is asked for. */
export interface Item extends CasWords {
  /** The client's: 32 bits. */
  readonly flags: number;
  /** What `VALUE <key> <flags> <length>\r\n<value>\r\n` lies in. */
  readonly buffer: Buffer;
  /** All of {@link buffer} as a view, if there is one: it makes short copies faster. */
  readonly view?: DataView | undefined;
  /** Where `VALUE` begins in {@link buffer}. */
  readonly wireStart: number;
  /** Where the last `\r\n` ends. */
  readonly wireEnd: number;
  /** Where the key begins. */
  readonly keyStart: number;
  /** Where the key ends. */
  readonly keyEnd: number;
  /** Where the value begins. */
  readonly valueStart: number;
  /** Where the value ends, two bytes before {@link wireEnd}. */
  readonly valueEnd: number;
  /** Seconds until it expires; -1 for never. */
  readonly ttl: number;
  /** Seconds since it was used last. */
  readonly idle: number;
  /** Whether it was asked for since it was stored. */
  readonly fetched: boolean;
  /** Whether it was marked as stale: it is still served, until somebody stores a new one. */
  readonly stale: boolean;
  /** Whether somebody has been told to store a new one. */
  readonly claimed: boolean;
}

/** What a command that stores may ask for besides. */
export interface StoreConditions {
  /** Only if the item has this cas; of `add`, it counts for nothing. */
  readonly cas?: bigint | undefined;
  /** The cas that the item gets, in place of the next one. */
  readonly newCas?: bigint | undefined;
  /** With `cas`: an older one is no obstacle, but marks what is stored as stale. */
  readonly stale?: boolean | undefined;
  /** Of `append` and `prepend`: when there is no item, one is made that expires then, as an exptime. */
  readonly vivify?: number | undefined;
}

/** What a command that deletes may ask for besides. */
export interface DeleteConditions {
  /** Only if the item has this cas. */
  readonly cas?: bigint | undefined;
  /** The item stays, marked as stale, until this exptime; `true` for as long as it would anyway. */
  readonly stale?: number | true | undefined;
  /** The item stays without its value and flags. */
  readonly empty?: boolean | undefined;
  /** The cas that an item which stays gets, in place of the next one. */
  readonly newCas?: bigint | undefined;
}

/** What arithmetic may ask for besides. */
export interface ArithmeticConditions {
  /** Only if the item has this cas. */
  readonly cas?: bigint | undefined;
  /** The cas that the item gets, in place of the next one. */
  readonly newCas?: bigint | undefined;
}

/** What the arithmetic on a value came to. */
export type ArithmeticOutcome = 'not-found' | 'non-numeric' | 'exists' | 'out-of-memory' | bigint;

/**
 * What a memcached server keeps its items in. All of it is synchronous: an answer is given in the turn in which it is asked for.
 *
 * An exptime is as in the protocol: 0 never, below 0 at once, up to 30 days in seconds from now, above that a Unix time.
 */
export interface Store {
  /** The item with that key, which counts as a use of it. */
  get(key: Bytes): Item | undefined;
  /** The item with that key, which counts as none. */
  peek(key: Bytes): Item | undefined;
  /** Stores an item. `append` and `prepend` keep flags and expiry of the one that is there. */
  store(
    mode: StoreMode,
    key: Bytes,
    flags: number,
    exptime: number,
    value: Bytes,
    conditions?: StoreConditions,
  ): StoreOutcome;
  /** The cas that the last change gave an item. Valid until the next call of the store. */
  readonly lastCas: CasWords;
  /** Deletes an item, if it meets the conditions. */
  delete(key: Bytes, conditions?: DeleteConditions): 'deleted' | 'not-found' | 'exists';
  /** Adds `delta` modulo 2^64, or takes it away down to 0. */
  arithmetic(key: Bytes, delta: bigint, up: boolean, conditions?: ArithmeticConditions): ArithmeticOutcome;
  /** Has an item expire then, which counts as a use of it unless `uses` is false. */
  touch(key: Bytes, exptime: number, uses?: boolean): Item | undefined;
  /** Notes that somebody was told to store a new one. */
  claim(key: Bytes): void;
  /** Has all items that are there now die, at once or in `delay` seconds. */
  flush(delay: number): void;
  /** All items, in no order. Between two of them others may be stored, which come or do not. */
  items(): Iterable<Item>;
  /** To be called once a second: the time is taken anew. */
  tick(): void;
}
