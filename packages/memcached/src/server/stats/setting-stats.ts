import { CHUNK_SIZES, GROWTH, LARGEST_CHUNK } from '../../store/slab-classes.ts';
import type { ServerState } from '../server-state.ts';
import type { ServedBy } from './connection-stats.ts';
import type { Stat } from './stat.ts';

const PROTOCOLS = { auto: 'auto-negotiate', text: 'ascii', binary: 'binary' } as const;

/** The statistics of `stats settings`: what can be set, by memcached's names; what there is not here is off. */
export function settingStats(state: ServerState, served: ServedBy): Stat[] {
  const { settings, memory, observer, verbosity, sizes } = state;
  const { login, protocol } = settings;
  return [
    ['maxbytes', memory?.memoryLimit ?? 0],
    ['maxconns', settings.maxConnections],
    ['tcpport', served.port],
    ['udpport', 0],
    ['inter', served.host ?? 'NULL'],
    ['verbosity', verbosity],
    ['oldest', 0],
    ['evictions', memory?.evict === false ? 'off' : 'on'],
    ['domain_socket', served.path ?? 'NULL'],
    ['shutdown_command', yes(settings.allowShutdown)],
    ['growth_factor', GROWTH.toFixed(2)],
    ['chunk_size', CHUNK_SIZES[1]!],
    ['num_threads', 1],
    ['num_threads_per_udp', 0],
    ['stat_key_prefix', settings.prefixDelimiter],
    ['detail_enabled', yes(observer.details.on)],
    ['reqs_per_event', 1024],
    ['cas_enabled', yes(memory?.cas ?? true)],
    ['binding_protocol', PROTOCOLS[protocol]],
    ['auth_enabled_sasl', yes(login !== undefined && protocol !== 'text')],
    ['auth_enabled_ascii', yes(login !== undefined && protocol === 'text')],
    ['item_size_max', settings.maxItemSize],
    ['maxconns_fast', 'yes'],
    ['slab_reassign', 'no'],
    ['slab_automove', 0],
    ['slab_chunk_max', LARGEST_CHUNK],
    ['lru_crawler', 'no'],
    ['flush_enabled', yes(settings.allowFlush)],
    ['dump_enabled', yes(settings.allowDump)],
    ['hash_algorithm', 'murmur3'],
    ['lru_maintainer_thread', 'no'],
    ['lru_segmented', 'no'],
    ['temp_lru', 'no'],
    ['idle_timeout', Math.round(settings.idleTimeout / 1000)],
    ['watcher_logbuf_size', 256 * 1024],
    ['track_sizes', yes(sizes)],
    ['inline_ascii_response', 'no'],
    ['ssl_enabled', yes(served.tls)],
  ];
}

function yes(on: boolean): string {
  return on ? 'yes' : 'no';
}
