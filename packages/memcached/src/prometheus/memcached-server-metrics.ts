import { type MetricFamily, type Sample, serverMetrics } from '@wirewright/core/prometheus';

import type { CommandCounters } from '../server/counters.ts';
import type { MemcachedServer } from '../server/memcached-server.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { StoreCounters } from '../store/store-counters.ts';

type Source = Pick<MemcachedServer, 'counters' | 'latency' | 'commands' | 'store'>;

/**
 * The metrics of a `MemcachedServer`: those of every `Server`, and `wirewright_memcached_server_...`, with the label `server`. Those of items are
 * there if its store is a `MemoryStore`. `stats reset` sets them to 0.
 *
 * ```ts
 * const metrics = new Metrics().add('cache', server, memcachedServerMetrics);
 * ```
 */
export const memcachedServerMetrics: readonly MetricFamily<Source>[] = [
  ...serverMetrics,
  {
    name: 'memcached_server_commands_total',
    help: 'Commands that came.',
    labels: ['server', 'command'],
    read: byCommand(({ operations }) => [[operations]]),
  },
  {
    name: 'memcached_server_command_hits_total',
    help: 'Keys of commands that were there, or were stored.',
    labels: ['server', 'command'],
    read: byCommand(({ hits }) => [[hits]]),
  },
  {
    name: 'memcached_server_command_errors_total',
    help: 'Commands that were refused: malformed, too large, not allowed.',
    labels: ['server', 'command'],
    read: byCommand(({ errors }) => [[errors]]),
  },
  {
    name: 'memcached_server_command_bytes_total',
    help: 'Bytes of requests (in), and of items in the answers to them (out).',
    labels: ['server', 'command', 'direction'],
    read: byCommand(({ bytesIn, bytesOut }) => [
      [bytesIn, { direction: 'in' }],
      [bytesOut, { direction: 'out' }],
    ]),
  },
  {
    name: 'memcached_server_lookups_total',
    help: 'Keys by whether they were there, counted as stats counts them: meta commands as the classic ones.',
    labels: ['server', 'command', 'result'],
    read: ({ counters }) => [
      [counters.getHits, { command: 'get', result: 'hit' }],
      [counters.getMisses, { command: 'get', result: 'miss' }],
      [counters.deleteHits, { command: 'delete', result: 'hit' }],
      [counters.deleteMisses, { command: 'delete', result: 'miss' }],
      [counters.incrHits, { command: 'incr', result: 'hit' }],
      [counters.incrMisses, { command: 'incr', result: 'miss' }],
      [counters.decrHits, { command: 'decr', result: 'hit' }],
      [counters.decrMisses, { command: 'decr', result: 'miss' }],
      [counters.touchHits, { command: 'touch', result: 'hit' }],
      [counters.touchMisses, { command: 'touch', result: 'miss' }],
      [counters.casHits, { command: 'cas', result: 'hit' }],
      [counters.casMisses, { command: 'cas', result: 'miss' }],
      [counters.casBadval, { command: 'cas', result: 'badval' }],
    ],
  },
  {
    name: 'memcached_server_store_failures_total',
    help: 'Items that were not stored: larger than an item may be, or no room.',
    labels: ['server', 'reason'],
    read: ({ counters }) => [
      [counters.storeTooLarge, { reason: 'too_large' }],
      [counters.storeNoMemory, { reason: 'no_memory' }],
    ],
  },
  {
    name: 'memcached_server_logins_total',
    help: 'Attempts to log in.',
    labels: ['server'],
    read: ({ counters }) => counters.authCmds,
  },
  {
    name: 'memcached_server_login_errors_total',
    help: 'Attempts to log in that failed.',
    labels: ['server'],
    read: ({ counters }) => counters.authErrors,
  },
  {
    name: 'memcached_server_items',
    help: 'Items that are there.',
    labels: ['server'],
    read: ofStore(({ currItems }) => [[currItems]]),
  },
  {
    name: 'memcached_server_item_bytes',
    help: 'Bytes of the items that are there.',
    labels: ['server'],
    read: ofStore(({ bytes }) => [[bytes]]),
  },
  {
    name: 'memcached_server_limit_bytes',
    help: 'Bytes that there are for items.',
    labels: ['server'],
    read: ofStore((_, { memoryLimit }) => [[memoryLimit]]),
  },
  {
    name: 'memcached_server_stored_items_total',
    help: 'Items that were stored.',
    labels: ['server'],
    read: ofStore(({ totalItems }) => [[totalItems]]),
  },
  {
    name: 'memcached_server_evictions_total',
    help: 'Items that made room for others.',
    labels: ['server'],
    read: ofStore(({ evictions }) => [[evictions]]),
  },
  {
    name: 'memcached_server_evicted_active_total',
    help: 'Of the evicted items, those that had been asked for more than once.',
    labels: ['server'],
    read: ofStore(({ evictedActive }) => [[evictedActive]]),
  },
  {
    name: 'memcached_server_unfetched_total',
    help: 'Items that went, and that nobody had asked for: expired or evicted.',
    labels: ['server', 'reason'],
    read: ofStore(({ expiredUnfetched, evictedUnfetched }) => [
      [expiredUnfetched, { reason: 'expired' }],
      [evictedUnfetched, { reason: 'evicted' }],
    ]),
  },
  {
    name: 'memcached_server_stale_misses_total',
    help: 'Misses because the item had expired, or was flushed.',
    labels: ['server', 'reason'],
    read: ofStore(({ getExpired, getFlushed }) => [
      [getExpired, { reason: 'expired' }],
      [getFlushed, { reason: 'flushed' }],
    ]),
  },
  {
    name: 'memcached_server_reclaimed_total',
    help: 'Times that the memory of an item that had expired was used for another.',
    labels: ['server'],
    read: ofStore(({ reclaimed }) => [[reclaimed]]),
  },
  {
    name: 'memcached_server_lru_moves_total',
    help: 'Items that got another round because they had been used.',
    labels: ['server'],
    read: ofStore(({ movesWithinLru }) => [[movesWithinLru]]),
  },
];

function byCommand(read: (counters: CommandCounters) => readonly Sample[]): (source: Source) => readonly Sample[] {
  return ({ commands }) =>
    Object.entries(commands).flatMap(([command, counters]) =>
      read(counters).map(([value, labels]): Sample => [value, { command, ...labels }]),
    );
}

function ofStore(
  read: (counters: Readonly<StoreCounters>, store: MemoryStore) => readonly Sample[],
): (source: Source) => readonly Sample[] {
  return ({ store }) => (store instanceof MemoryStore ? read(store.counters, store) : []);
}
