import type { ServerState } from '../server-state.ts';
import type { Stat } from './stat.ts';

/** The statistics of `stats items`: of each size of which there are items. All of them are in one LRU, the one that memcached calls cold. */
export function itemStats({ memory }: ServerState): Stat[] {
  return (memory?.sizeClasses ?? [])
    .filter(({ items }) => items > 0)
    .flatMap((ofSize) =>
      (
        [
          ['number', ofSize.items],
          ['number_hot', 0],
          ['number_warm', 0],
          ['number_cold', ofSize.items],
          ['age_hot', 0],
          ['age_warm', 0],
          ['age', ofSize.age],
          ['mem_requested', ofSize.bytes],
          ['evicted', ofSize.evicted],
          ['evicted_nonzero', ofSize.evictedNonzero],
          ['evicted_time', ofSize.evictedTime],
          ['outofmemory', ofSize.outOfMemory],
          ['tailrepairs', 0],
          ['reclaimed', ofSize.reclaimed],
          ['expired_unfetched', ofSize.expiredUnfetched],
          ['evicted_unfetched', ofSize.evictedUnfetched],
          ['evicted_active', ofSize.evictedActive],
          ['crawler_reclaimed', 0],
          ['crawler_items_checked', 0],
          ['lrutail_reflocked', 0],
          ['moves_to_cold', 0],
          ['moves_to_warm', 0],
          ['moves_within_lru', ofSize.movesWithinLru],
          ['direct_reclaims', 0],
          ['hits_to_hot', 0],
          ['hits_to_warm', 0],
          ['hits_to_cold', ofSize.hits],
          ['hits_to_temp', 0],
        ] as const
      ).map(([name, value]): Stat => [`items:${ofSize.number}:${name}`, value]),
    );
}
