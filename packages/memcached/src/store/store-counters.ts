/** What a store has done so far, in the words of memcached's `stats`. */
export interface StoreCounters {
  /** Items that are there. */
  currItems: number;
  /** Items that were stored. */
  totalItems: number;
  /** Bytes of the items that are there. */
  bytes: number;
  /** Items that were thrown out to make room. */
  evictions: number;
  /** Times that the chunk of an item that had expired was used for another. */
  reclaimed: number;
  /** Misses because the item had expired. */
  getExpired: number;
  /** Misses because the item was flushed. */
  getFlushed: number;
  /** Expired items whose chunk was used for another before anybody had asked for them. */
  expiredUnfetched: number;
  /** Of the evicted, the ones that nobody had asked for. */
  evictedUnfetched: number;
  /** Of the evicted, the ones that had been asked for more than once. */
  evictedActive: number;
  /** Items that got another round because they had been used. */
  movesWithinLru: number;
  /** Pages that were taken from items of one size for those of another. */
  pagesMoved: number;
}

/** Of the items of one size. */
export interface ClassCounters {
  /** Uses of items. */
  hits: number;
  /** Items that were thrown out to make room. */
  evicted: number;
  /** Of the evicted, those that would have expired some day. */
  evictedNonzero: number;
  /** Seconds since its last use of the item that was evicted last. */
  evictedTime: number;
  /** Times that there was no room. */
  outOfMemory: number;
  /** Times that the chunk of an item that had expired was used for another. */
  reclaimed: number;
  /** Expired items whose chunk was used for another before anybody had asked for them. */
  expiredUnfetched: number;
  /** Of the evicted, those that nobody had asked for. */
  evictedUnfetched: number;
  /** Of the evicted, those that had been asked for more than once. */
  evictedActive: number;
  /** Items that got another round because they had been used. */
  movesWithinLru: number;
}

export function classCounters(): ClassCounters {
  return {
    hits: 0,
    evicted: 0,
    evictedNonzero: 0,
    evictedTime: 0,
    outOfMemory: 0,
    reclaimed: 0,
    expiredUnfetched: 0,
    evictedUnfetched: 0,
    evictedActive: 0,
    movesWithinLru: 0,
  };
}

/** Sets all counters to 0. */
export function zero(counters: object): void {
  for (const name of Object.keys(counters)) (counters as Record<string, number>)[name] = 0;
}
