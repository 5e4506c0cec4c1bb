import type { MemoryItem } from '../../store/memory-item.ts';
import type { ServerState } from '../server-state.ts';
import type { Stat } from './stat.ts';

/** Bytes by which sizes are grouped (items.c, `item_stats_sizes`). */
const STEP = 32;

/** Items after which counting makes way for others. */
const BATCH = 5000;

/** The statistics of `stats sizes`: how many items there are of each size, rounded up to 32 bytes; while it is turned on. */
export async function sizeStats({ store, sizes }: ServerState): Promise<Stat[]> {
  if (!sizes) return [['sizes_status', 'disabled']];
  const counts = new Map<number, number>();
  let count = 0;
  for (const item of store.items()) {
    const { size = item.wireEnd - item.wireStart } = item as Partial<MemoryItem>;
    const group = Math.ceil(size / STEP) * STEP;
    counts.set(group, (counts.get(group) ?? 0) + 1);
    if (++count % BATCH === 0) await new Promise(setImmediate);
  }
  const groups = [...counts.keys()];
  groups.sort((a, b) => a - b);
  return groups.map((size): Stat => [String(size), counts.get(size)!]);
}
