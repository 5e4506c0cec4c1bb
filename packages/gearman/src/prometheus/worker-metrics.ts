import type { MetricFamily } from '@wirewright/core/prometheus';

import type { Worker } from '../worker/worker.ts';
import { upByServer } from './up-by-server.ts';

/**
 * The metrics of a `Worker`: `wirewright_gearman_worker_...`, with the label `worker`.
 *
 * ```ts
 * const metrics = new Metrics().add('mailer', worker, workerMetrics);
 * ```
 */
export const workerMetrics: readonly MetricFamily<Pick<Worker, 'counters' | 'running' | 'servers'>>[] = [
  {
    name: 'gearman_worker_up',
    help: 'Whether the server has this worker (1), or not (0).',
    labels: ['worker', 'server'],
    read: upByServer,
  },
  {
    name: 'gearman_worker_running_handlers',
    help: 'Handlers that run.',
    labels: ['worker'],
    read: ({ running }) => running,
  },
  {
    name: 'gearman_worker_assigned_total',
    help: 'Jobs that came.',
    labels: ['worker'],
    read: ({ counters }) => counters.assigned,
  },
  {
    name: 'gearman_worker_ended_total',
    help: 'Jobs that are over: completed, failed by their handler, or lost: taken back, or gone with a server.',
    labels: ['worker', 'result'],
    read: ({ counters: { completed, failed, lost } }) => [
      [completed, { result: 'completed' }],
      [failed, { result: 'failed' }],
      [lost, { result: 'lost' }],
    ],
  },
];
