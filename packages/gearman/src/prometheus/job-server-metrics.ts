import { type MetricFamily, type Sample, serverMetrics } from '@wirewright/core/prometheus';

import type { FunctionStatus } from '../server/function-status.ts';
import type { JobServer } from '../server/job-server.ts';

type Source = Pick<JobServer, 'counters' | 'latency' | 'functions'>;

const LABELS = ['server', 'function'] as const;

const MILLISECONDS = 1000;

/**
 * The metrics of a `JobServer`: those of every `Server`, and `wirewright_gearman_server_...`, with the labels `server` and `function`.
 *
 * ```ts
 * const metrics = new Metrics().add('jobs', server, jobServerMetrics);
 * ```
 */
export const jobServerMetrics: readonly MetricFamily<Source>[] = [
  ...serverMetrics,
  {
    name: 'gearman_server_queued_jobs',
    help: 'Jobs that can be grabbed.',
    labels: [...LABELS, 'priority'],
    read: byFunction(({ queued: { high, normal, low } }) => [
      [high, { priority: 'high' }],
      [normal, { priority: 'normal' }],
      [low, { priority: 'low' }],
    ]),
  },
  {
    name: 'gearman_server_running_jobs',
    help: 'Jobs at workers.',
    labels: LABELS,
    read: byFunction(({ running }) => [[running]]),
  },
  {
    name: 'gearman_server_waiting_jobs',
    help: 'Jobs that wait for their time, or for a store.',
    labels: LABELS,
    read: byFunction(({ waiting }) => [[waiting]]),
  },
  {
    name: 'gearman_server_oldest_job_seconds',
    help: 'Age of the oldest job that can be grabbed; 0 when there is none.',
    labels: LABELS,
    read: byFunction(({ oldest }) => [[oldest / MILLISECONDS]]),
  },
  {
    name: 'gearman_server_workers',
    help: 'Workers that do the function.',
    labels: LABELS,
    read: byFunction(({ workers }) => [[workers]]),
  },
  {
    name: 'gearman_server_idle_workers',
    help: 'Workers of these that sleep.',
    labels: LABELS,
    read: byFunction(({ idle }) => [[idle]]),
  },
  {
    name: 'gearman_server_submitted_total',
    help: 'Submits, by what came of them: a job, a part in one that there was, or an error because there were too many.',
    labels: [...LABELS, 'result'],
    read: byFunction(({ submitted, coalesced, refused }) => [
      [submitted, { result: 'job' }],
      [coalesced, { result: 'coalesced' }],
      [refused, { result: 'refused' }],
    ]),
  },
  {
    name: 'gearman_server_ended_total',
    help: 'Jobs that are over, by how they ended.',
    labels: [...LABELS, 'result'],
    read: byFunction(({ completed, failed, cancelled }) => [
      [completed, { result: 'completed' }],
      [failed, { result: 'failed' }],
      [cancelled, { result: 'cancelled' }],
    ]),
  },
  {
    name: 'gearman_server_retried_total',
    help: 'Times that a job was given to a worker once more.',
    labels: LABELS,
    read: byFunction(({ retried }) => [[retried]]),
  },
  {
    name: 'gearman_server_timed_out_total',
    help: 'Times that a worker was not done in time.',
    labels: LABELS,
    read: byFunction(({ timedOut }) => [[timedOut]]),
  },
];

function byFunction(read: (status: FunctionStatus) => readonly Sample[]): (source: Source) => readonly Sample[] {
  return ({ functions }) =>
    functions.flatMap((status) =>
      read(status).map(([value, labels]): Sample => [value, { function: status.name, ...labels }]),
    );
}
