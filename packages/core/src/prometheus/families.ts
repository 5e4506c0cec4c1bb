import type { PoolCounters } from '../client/pool.ts';
import type { TrafficCounters } from '../observe/traffic.ts';
import type { ServerCounters } from '../server/server.ts';

/** One value of a family, with the labels that it has besides the name of its source. */
type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];

/** What one metric is, for all sources of a kind. */
export interface Family<Counters> {
  /** Without the prefix. What ends in `_total` only grows. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (counters: Counters) => readonly Sample[];
}

const TRAFFIC: readonly Family<TrafficCounters>[] = [
  {
    name: 'connections',
    help: 'Connections that are open.',
    labels: [],
    read: ({ open }) => [[open]],
  },
  {
    name: 'closed_total',
    help: 'Connections that have closed, by reason.',
    labels: ['reason'],
    read: ({ closed }) => Object.entries(closed).map(([reason, count]) => [count, { reason }]),
  },
  {
    name: 'bytes_total',
    help: 'Bytes that were received (in) and sent (out).',
    labels: ['direction'],
    read: ({ bytesIn, bytesOut }) => [
      [bytesIn, { direction: 'in' }],
      [bytesOut, { direction: 'out' }],
    ],
  },
  {
    name: 'messages_total',
    help: 'Messages that were received (in) and sent (out).',
    labels: ['direction'],
    read: ({ messagesIn, messagesOut }) => [
      [messagesIn, { direction: 'in' }],
      [messagesOut, { direction: 'out' }],
    ],
  },
];

/** The metrics of servers: `wirewright_server_...` */
export const SERVER_FAMILIES: readonly Family<ServerCounters>[] = [
  {
    name: 'accepted_total',
    help: 'Connections that were accepted.',
    labels: [],
    read: ({ accepted }) => [[accepted]],
  },
  {
    name: 'refused_total',
    help: 'Sockets that were destroyed instead of being served.',
    labels: [],
    read: ({ refused }) => [[refused]],
  },
  ...TRAFFIC,
];

/** The metrics of clients, the connections of their pools included: `wirewright_client_...` */
export const CLIENT_FAMILIES: readonly Family<TrafficCounters>[] = TRAFFIC;

/** The metrics of pools: `wirewright_pool_...` */
export const POOL_FAMILIES: readonly Family<PoolCounters>[] = [
  {
    name: 'connections',
    help: 'Connections that are open, and those that are being made.',
    labels: ['state'],
    read: ({ open, dialing }) => [
      [open, { state: 'open' }],
      [dialing, { state: 'dialing' }],
    ],
  },
  {
    name: 'requests',
    help: 'Requests that wait for a connection, and those that wait for their reply.',
    labels: ['state'],
    read: ({ waiting, inFlight }) => [
      [waiting, { state: 'waiting' }],
      [inFlight, { state: 'in_flight' }],
    ],
  },
  {
    name: 'dialed_total',
    help: 'Connections that were made.',
    labels: [],
    read: ({ dialed }) => [[dialed]],
  },
  {
    name: 'dial_failures_total',
    help: 'Attempts to make a connection that failed.',
    labels: [],
    read: ({ dialFailures }) => [[dialFailures]],
  },
  {
    name: 'closed_total',
    help: 'Connections that have closed.',
    labels: [],
    read: ({ closed }) => [[closed]],
  },
];
