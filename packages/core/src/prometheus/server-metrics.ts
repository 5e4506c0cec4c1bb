import type { ServerCounters } from '../server/server.ts';
import type { MetricFamily } from './metric-family.ts';
import type { MetricsSource } from './metrics-source.ts';
import { trafficFamilies } from './traffic-families.ts';

/** The metrics of a `Server`: `wirewright_server_...`, with the label `server`. */
export const serverMetrics: readonly MetricFamily<MetricsSource<ServerCounters>>[] = [
  {
    name: 'server_accepted_total',
    help: 'Connections that were accepted.',
    labels: ['server'],
    read: ({ counters }) => counters.accepted,
  },
  {
    name: 'server_refused_total',
    help: 'Sockets that were destroyed instead of being served.',
    labels: ['server'],
    read: ({ counters }) => counters.refused,
  },
  ...trafficFamilies('server', 'Connections that are open.'),
  {
    name: 'server_hook_seconds',
    help: 'How long onRead took, until it settled; with the option latency.',
    labels: ['server'],
    latency: ({ latency }) => latency,
  },
];
