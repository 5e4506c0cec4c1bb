export type { MemoryStoreOptions, StoreCounters } from './store/memory-store.ts';
export type { ArithmeticOutcome, Bytes, Item, Store, StoreMode, StoreOutcome } from './store/store.ts';

export { MemoryStore } from './store/memory-store.ts';
