export type { CommandCounters, CommandName, CommandTable, MemcachedCounters } from './server/counters.ts';
export type {
  Answer,
  BinaryHandler,
  Handler,
  HandlerOf,
  MemcachedConnection,
  MemcachedReply,
  MemcachedRequest,
  RequestOf,
  TextHandler,
} from './server/handlers.ts';
export type { Users } from './server/login.ts';
export type { MemcachedProtocol, MemcachedServerOptions } from './server/options.ts';
export type { Stat } from './server/stats/stats.ts';
export type { MemoryItem } from './store/memory-item.ts';
export type { MemoryStoreOptions, SizeClass } from './store/memory-store.ts';
export type { ClassCounters, StoreCounters } from './store/store-counters.ts';
export type {
  ArithmeticConditions,
  ArithmeticOutcome,
  Bytes,
  CasWords,
  DeleteConditions,
  Item,
  Store,
  StoreConditions,
  StoreMode,
  StoreOutcome,
} from './store/store.ts';

export { HandlerError } from './server/errors.ts';
export { Fatal, fatal } from './server/handlers.ts';
export { MemcachedServer } from './server/memcached-server.ts';
export { MemoryStore } from './store/memory-store.ts';
