export type {
  CallOptions,
  CountOptions,
  StoreOptions,
  TtlOptions,
  UnansweredOptions,
  UpdateOptions,
} from './client/call-options.ts';
export type { CommandSeen } from './client/channels.ts';
export type { CallCounters } from './client/counters.ts';
export type { CacheItem } from './client/dialect/values.ts';
export type { Distribution, ServerInfo } from './client/distribution/distribution.ts';
export type { KetamaOptions } from './client/distribution/ketama.ts';
export type { CommandTarget, MemcachedServerStatus } from './client/fleet.ts';
export type { FetchOptions, Producer } from './client/herd.ts';
export type { CacheKey, WireKey } from './client/keys.ts';
export type { ClientProtocol, FailureMode, MemcachedClientOptions } from './client/options.ts';
export type { MemcachedPlace, WeightedPlace } from './client/places.ts';
export type { CasOutcome } from './client/storing.ts';
export type { CompressionOptions } from './client/values/compressed.ts';
export type { Encoded, Serializer } from './client/values/serializer.ts';
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
export type { Stat } from './server/stats/stat.ts';
export type { MemoryItem } from './store/memory-item.ts';
export type { StoreMode } from './store-mode.ts';
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
  StoreOutcome,
} from './store/store.ts';

export { memcachedChannels } from './client/channels.ts';
export { ketama } from './client/distribution/ketama.ts';
export { rendezvous } from './client/distribution/rendezvous.ts';
export {
  BatchError,
  CommandError,
  ConflictError,
  InvalidKeyError,
  InvalidValueError,
  LoginError,
  ServerDownError,
  UnreadableValueError,
  UnsupportedError,
  ValueTooLargeError,
} from './client/errors.ts';
export { MemcachedClient } from './client/memcached-client.ts';
export { compressed } from './client/values/compressed.ts';
export { ValueFlag } from './client/values/serializer.ts';
export { bytes, json, mixed, text } from './client/values/serializers.ts';
export { Fatal, fatal } from './server/handlers.ts';
export { MemcachedServer } from './server/memcached-server.ts';
export { MemoryStore } from './store/memory-store.ts';
