/*
 * An item in its chunk. The first ten words are in the byte order of the machine; behind them the item lies as a text client gets it,
 * so that a hit is one copy.
 *
 *   word   0        1        2        3        4        5       6        7         8                       9
 *        +--------+--------+--------+--------+--------+-------+--------+---------+-----------------------+-------+
 *        | next   | newer  | older  | expire | time   | flags | cas    | cas     | key len 8 | class 8   | value |
 *        | in the | in the | in the | at     | used   |       | low    | high    | suffix len 8 | marks 8 | len   |
 *        | bucket | LRU    | LRU    |        | last   |       |        |         |                       |       |
 *        +--------+--------+--------+--------+--------+-------+--------+---------+-----------------------+-------+
 *   byte 40   VALUE <key> <flags> <length>\r\n<value>\r\n
 *                   |     |suffix            |
 *                   byte 46
 */

/** Words of the head. */
export const Word = {
  BucketNext: 0,
  Newer: 1,
  Older: 2,
  Expire: 3,
  Time: 4,
  Flags: 5,
  CasLow: 6,
  CasHigh: 7,
  Lengths: 8,
  ValueLength: 9,
} as const;

/** Bytes of the head. */
export const HEAD: number = 40;

/** What stands in front of the key in the answer to a text client. */
export const VALUE_PREFIX: Uint8Array = Uint8Array.from('VALUE ', (character) => character.charCodeAt(0));

/** Bytes from the start of the chunk to the key. */
export const KEY_AT: number = HEAD + VALUE_PREFIX.length;

/** Marks of an item. */
export const Mark = {
  /** It is in the index and in the LRU. */
  Linked: 1,
  /** It was asked for since it was stored. */
  Fetched: 2,
  /** It was used twice, and may be worth keeping. */
  Active: 4,
  /** Its value is known to be out of date. */
  Stale: 8,
  /** Somebody was told to store a new one. */
  Claimed: 16,
} as const;

/** Bytes of an item with a key, suffix and value of these lengths. */
export function itemSize(keyLength: number, suffixLength: number, valueLength: number): number {
  return KEY_AT + keyLength + suffixLength + valueLength + 2;
}

/** What memcached takes for an item besides key, flags and value: its header, the cas, and an end of the key. */
const CHARGED = 48 + 8 + 1;

/**
 * Bytes of an item as memcached counts them (items.c, `item_make_header`): what its limits are about and its statistics tell. In chunks of
 * ours it takes about as many.
 */
export function chargedSize(keyLength: number, flags: number, valueLength: number): number {
  return CHARGED + keyLength + (flags === 0 ? 0 : 4) + valueLength + 2;
}

/** The word of lengths, class and marks. */
export function packLengths(keyLength: number, suffixLength: number, slabClass: number): number {
  return (keyLength | (slabClass << 8) | (suffixLength << 16)) >>> 0;
}

export function keyLengthOf(lengths: number): number {
  return lengths & 0xff;
}

export function classOf(lengths: number): number {
  return (lengths >>> 8) & 0xff;
}

export function suffixLengthOf(lengths: number): number {
  return (lengths >>> 16) & 0xff;
}

export function marksOf(lengths: number): number {
  return lengths >>> 24;
}
