import type { ServerState } from '../server-state.ts';
import type { Stat } from './stat.ts';

/** The statistics of `stats slabs`: of each size, how its pages are used. */
export function slabStats({ memory }: ServerState): Stat[] {
  const classes = memory?.sizeClasses ?? [];
  const stats = classes.flatMap(({ number, chunkSize, pages, chunks, items, hits }) =>
    (
      [
        ['chunk_size', chunkSize],
        ['chunks_per_page', Math.floor(chunks / pages)],
        ['total_pages', pages],
        ['total_chunks', chunks],
        ['used_chunks', items],
        ['free_chunks', chunks - items],
        ['free_chunks_end', 0],
        ['get_hits', hits],
      ] as const
    ).map(([name, value]): Stat => [`${number}:${name}`, value]),
  );
  return [...stats, ['active_slabs', classes.length], ['total_malloced', memory?.pageMemory ?? 0]];
}
