import type { TrafficCounters } from '../observe/traffic.ts';
import type { ValueFamily } from './metric-family.ts';
import type { MetricsSource } from './metrics-source.ts';

/** What servers and clients count alike. The names begin with the label, `server` or `client`. */
export function trafficFamilies(label: string, connections: string): ValueFamily<MetricsSource<TrafficCounters>>[] {
  return [
    {
      name: `${label}_connections`,
      help: connections,
      labels: [label],
      read: ({ counters }) => counters.open,
    },
    {
      name: `${label}_closed_total`,
      help: 'Connections that have closed, by reason.',
      labels: [label, 'reason'],
      read: ({ counters }) => Object.entries(counters.closed).map(([reason, count]) => [count, { reason }]),
    },
    {
      name: `${label}_bytes_total`,
      help: 'Bytes that were received (in) and sent (out).',
      labels: [label, 'direction'],
      read: ({ counters: { bytesIn, bytesOut } }) => [
        [bytesIn, { direction: 'in' }],
        [bytesOut, { direction: 'out' }],
      ],
    },
    {
      name: `${label}_messages_total`,
      help: 'Messages that were received (in) and sent (out).',
      labels: [label, 'direction'],
      read: ({ counters: { messagesIn, messagesOut } }) => [
        [messagesIn, { direction: 'in' }],
        [messagesOut, { direction: 'out' }],
      ],
    },
  ];
}
