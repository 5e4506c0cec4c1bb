import type { PoolCounters } from '../client/pool-counters.ts';
import type { MetricFamily } from './metric-family.ts';
import type { MetricsSource } from './metrics-source.ts';

/** The metrics of a `Pool`, or of what counts like one: `wirewright_pool_...`, with the label `pool`. */
export const poolMetrics: readonly MetricFamily<MetricsSource<PoolCounters>>[] = [
  {
    name: 'pool_connections',
    help: 'Connections that are open, and those that are being made.',
    labels: ['pool', 'state'],
    read: ({ counters: { open, dialing } }) => [
      [open, { state: 'open' }],
      [dialing, { state: 'dialing' }],
    ],
  },
  {
    name: 'pool_requests',
    help: 'Requests that wait for a connection, and those that wait for their reply.',
    labels: ['pool', 'state'],
    read: ({ counters: { waiting, inFlight } }) => [
      [waiting, { state: 'waiting' }],
      [inFlight, { state: 'in_flight' }],
    ],
  },
  {
    name: 'pool_dialed_total',
    help: 'Connections that were made.',
    labels: ['pool'],
    read: ({ counters }) => counters.dialed,
  },
  {
    name: 'pool_dial_failures_total',
    help: 'Attempts to make a connection that failed.',
    labels: ['pool'],
    read: ({ counters }) => counters.dialFailures,
  },
  {
    name: 'pool_closed_total',
    help: 'Connections that have closed.',
    labels: ['pool'],
    read: ({ counters }) => counters.closed,
  },
  {
    name: 'pool_reply_seconds',
    help: 'How long replies took; with the option latency.',
    labels: ['pool'],
    latency: ({ latency }) => latency,
  },
];
