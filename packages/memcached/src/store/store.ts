import type { Buffer } from 'node:buffer';

/** What became of a command that stores. */
export type StoreOutcome = 'stored' | 'not-stored' | 'exists' | 'not-found' | 'too-large' | 'out-of-memory';

/** What a command that stores does when there is an item with the key, and when there is none. */
export type StoreMode = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas';

/** Part of some memory: a key or a value where it was received. */
export interface Bytes {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

/** An item as it lies in the store. Valid until the next call of the store. */
export interface Item {
  readonly flags: number;
  /** Unique for each change, as 64 bits in two numbers. */
  readonly casHigh: number;
  readonly casLow: number;
  /** What `VALUE <key> <flags> <length>\r\n<value>\r\n` lies in, and where it, and its parts, begin and end. */
  readonly buffer: Buffer;
  readonly wireStart: number;
  readonly wireEnd: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Seconds until it expires; -1 for never. */
  readonly ttl: number;
  /** Seconds since it was used last. */
  readonly idle: number;
  /** Whether it was asked for since it was stored. */
  readonly fetched: boolean;
}

/** What the arithmetic on a value came to. */
export type ArithmeticOutcome = 'not-found' | 'non-numeric' | 'exists' | 'out-of-memory' | bigint;

/** What a memcached server keeps its items in. All of it is synchronous: an answer is given in the turn in which it is asked for. */
export interface Store {
  /** The item with that key, which counts as a use of it. */
  get(key: Bytes): Item | undefined;
  /** The item with that key, which counts as none. */
  peek(key: Bytes): Item | undefined;
  /**
   * @param exptime as in the protocol: 0 never, below 0 at once, up to 30 days in seconds from now, above that a Unix time
   * @param cas of `'cas'`, and of any other mode that is to succeed only if the item still has it
   */
  store(mode: StoreMode, key: Bytes, flags: number, exptime: number, value: Bytes, cas?: bigint): StoreOutcome;
  delete(key: Bytes, cas?: bigint): 'deleted' | 'not-found' | 'exists';
  /** Adds `delta` modulo 2^64, or takes it away down to 0. */
  arithmetic(key: Bytes, delta: bigint, up: boolean, cas?: bigint): ArithmeticOutcome;
  touch(key: Bytes, exptime: number): Item | undefined;
  /** Has all items that are there now die, at once or in `delay` seconds. */
  flush(delay: number): void;
  /** The cas of the last change. */
  readonly lastCas: bigint;
}
