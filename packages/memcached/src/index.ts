export type { MemoryItem } from './store/memory-item.ts';
export type { MemoryStoreOptions, SizeClass } from './store/memory-store.ts';
export type { ClassCounters, StoreCounters } from './store/store-counters.ts';
export type {
  ArithmeticConditions,
  ArithmeticOutcome,
  Bytes,
  DeleteConditions,
  Item,
  Store,
  StoreConditions,
  StoreMode,
  StoreOutcome,
} from './store/store.ts';

export { MemoryStore } from './store/memory-store.ts';
