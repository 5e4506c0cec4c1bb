import type { MetricFamily, Sample } from '@wirewright/core/prometheus';

import type { MemcachedServerStatus } from '../client/fleet.ts';
import type { MemcachedClient } from '../client/memcached-client.ts';

type Source = Pick<MemcachedClient, 'servers'>;

const LABELS = ['client', 'server', 'gutter'] as const;

/**
 * The metrics of a `MemcachedClient`: `wirewright_memcached_client_...`, with the label `client`. Of its servers, the label `server` has
 * the name, and `gutter` whether it is one of the gutter pool, which may have a server of the same name.
 *
 * ```ts
 * const metrics = new Metrics().add('cache', client, memcachedClientMetrics);
 * ```
 */
export const memcachedClientMetrics: readonly MetricFamily<Source>[] = [
  {
    name: 'memcached_client_up',
    help: 'Whether the server is in use (1), or ejected (0).',
    labels: LABELS,
    read: byServer(({ up }) => [[up ? 1 : 0]]),
  },
  {
    name: 'memcached_client_calls_total',
    help: 'Commands that were given to the server, those of batches each.',
    labels: LABELS,
    read: byServer(({ counters }) => [[counters.calls]]),
  },
  {
    name: 'memcached_client_lookups_total',
    help: 'Items that were asked for, by whether they were there.',
    labels: [...LABELS, 'result'],
    read: byServer(({ counters: { hits, misses } }) => [
      [hits, { result: 'hit' }],
      [misses, { result: 'miss' }],
    ]),
  },
  {
    name: 'memcached_client_failures_total',
    help: 'Commands that came to nothing: answered with an error, given up, or lost with their connection.',
    labels: [...LABELS, 'reason'],
    read: byServer(({ counters: { errors, unansweredErrors, timeouts, aborts, lost } }) => [
      [errors, { reason: 'error' }],
      [unansweredErrors, { reason: 'unanswered_error' }],
      [timeouts, { reason: 'timeout' }],
      [aborts, { reason: 'abort' }],
      [lost, { reason: 'lost' }],
    ]),
  },
  {
    name: 'memcached_client_ejections_total',
    help: 'Times that the server was ejected.',
    labels: LABELS,
    read: byServer(({ counters }) => [[counters.ejections]]),
  },
  {
    name: 'memcached_client_connections',
    help: 'Connections that are open, and those that are being made.',
    labels: [...LABELS, 'state'],
    read: byServer(({ pool: { open, dialing } }) => [
      [open, { state: 'open' }],
      [dialing, { state: 'dialing' }],
    ]),
  },
  {
    name: 'memcached_client_dialed_total',
    help: 'Connections that were made.',
    labels: LABELS,
    read: byServer(({ pool }) => [[pool.dialed]]),
  },
  {
    name: 'memcached_client_dial_failures_total',
    help: 'Attempts to make a connection that failed.',
    labels: LABELS,
    read: byServer(({ pool }) => [[pool.dialFailures]]),
  },
  {
    name: 'memcached_client_closed_total',
    help: 'Connections that have closed.',
    labels: LABELS,
    read: byServer(({ pool }) => [[pool.closed]]),
  },
];

function byServer(read: (status: MemcachedServerStatus) => readonly Sample[]): (source: Source) => readonly Sample[] {
  return ({ servers }) =>
    servers.flatMap((status) =>
      read(status).map(([value, labels]): Sample => [
        value,
        { server: status.name, gutter: String(status.gutter), ...labels },
      ]),
    );
}
