import type { MetricFamily } from '@wirewright/core/prometheus';

import type { GearmanClient } from '../client/gearman-client.ts';
import { upByServer } from './up-by-server.ts';

/**
 * The metrics of a `GearmanClient`: `wirewright_gearman_client_...`, with the label `client`.
 *
 * ```ts
 * const metrics = new Metrics().add('orders', client, gearmanClientMetrics);
 * ```
 */
export const gearmanClientMetrics: readonly MetricFamily<Pick<GearmanClient, 'counters' | 'pending' | 'servers'>>[] = [
  {
    name: 'gearman_client_up',
    help: 'Whether there is a connection to the server (1), or not (0).',
    labels: ['client', 'server'],
    read: upByServer,
  },
  {
    name: 'gearman_client_pending_tasks',
    help: 'Tasks that are under way.',
    labels: ['client'],
    read: ({ pending }) => pending,
  },
  {
    name: 'gearman_client_submitted_total',
    help: 'Tasks that were submitted.',
    labels: ['client'],
    read: ({ counters }) => counters.submitted,
  },
  {
    name: 'gearman_client_ended_total',
    help: 'Tasks that are over: completed, failed by the worker, or rejected for another reason.',
    labels: ['client', 'result'],
    read: ({ counters: { completed, failed, rejected } }) => [
      [completed, { result: 'completed' }],
      [failed, { result: 'failed' }],
      [rejected, { result: 'rejected' }],
    ],
  },
  {
    name: 'gearman_client_retried_total',
    help: 'Jobs that were submitted again.',
    labels: ['client'],
    read: ({ counters }) => counters.retried,
  },
  {
    name: 'gearman_client_strays_total',
    help: 'Packets about jobs that nobody waits for.',
    labels: ['client'],
    read: ({ counters }) => counters.strays,
  },
];
