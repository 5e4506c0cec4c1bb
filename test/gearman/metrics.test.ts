import { InvalidOptionError, Server } from '@wirewright/core';
import { Metrics, serverMetrics } from '@wirewright/core/prometheus';
import { FakeClock } from '@wirewright/core/testing';
import { InvalidNameError, JobFailedError, JobServer } from '@wirewright/gearman';
import { gearmanClientMetrics, jobServerMetrics, workerMetrics } from '@wirewright/gearman/prometheus';
import { expect, test } from 'vitest';

import { scraped } from '../support/scraped.ts';
import { serve, Talk, worker } from './scene.ts';
import { clientOf, later, placeOf, workerOf } from './worker-scene.ts';

test('a job server: functions as they stand, and what there was of them', async () => {
  const clock = new FakeClock();
  const server = await serve({ clock, functions: { f: { maxQueue: { low: 1 } } } });
  const { registry } = new Metrics().add('jobs', server, jobServerMetrics);
  const [c, w] = [await Talk.to(server), await worker(server, 'f', 'g')];
  c.send('SUBMIT_JOB_HIGH', 'f', 'u', '').send('SUBMIT_JOB', 'f', 'u', '').send('SUBMIT_JOB', 'f', '', '');
  c.send('SUBMIT_JOB_LOW', 'f', '', '').send('SUBMIT_JOB_LOW', 'f', '', '');
  await c.all();
  await w.ask('GRAB_JOB');
  await w.send('WORK_COMPLETE', 'H:t:1', '').ask('GRAB_JOB');
  clock.advance(1500);
  const values = await scraped(registry);
  expect(Object.fromEntries(values)).toMatchObject({
    'wirewright_server_connections{server="jobs"}': 2,
    'wirewright_gearman_server_queued_jobs{server="jobs",function="f",priority="high"}': 0,
    'wirewright_gearman_server_queued_jobs{server="jobs",function="f",priority="normal"}': 0,
    'wirewright_gearman_server_queued_jobs{server="jobs",function="f",priority="low"}': 1,
    'wirewright_gearman_server_running_jobs{server="jobs",function="f"}': 1,
    'wirewright_gearman_server_waiting_jobs{server="jobs",function="f"}': 0,
    'wirewright_gearman_server_oldest_job_seconds{server="jobs",function="f"}': 1.5,
    'wirewright_gearman_server_workers{server="jobs",function="g"}': 1,
    'wirewright_gearman_server_idle_workers{server="jobs",function="g"}': 0,
    'wirewright_gearman_server_submitted_total{server="jobs",function="f",result="job"}': 3,
    'wirewright_gearman_server_submitted_total{server="jobs",function="f",result="coalesced"}': 1,
    'wirewright_gearman_server_submitted_total{server="jobs",function="f",result="refused"}': 1,
    'wirewright_gearman_server_ended_total{server="jobs",function="f",result="completed"}': 1,
    'wirewright_gearman_server_ended_total{server="jobs",function="f",result="failed"}': 0,
    'wirewright_gearman_server_retried_total{server="jobs",function="f"}': 0,
    'wirewright_gearman_server_timed_out_total{server="jobs",function="f"}': 0,
  });
  expect(await scraped(registry)).toEqual(values);
});

test('several job servers stand side by side, each added with one call', async () => {
  const [a, b] = [await serve(), await serve()];
  const metrics = new Metrics().add('a', a, jobServerMetrics).add('b', b, jobServerMetrics);
  await (await Talk.to(b)).ask('SUBMIT_JOB_BG', 'f', '', '');
  const values = await scraped(metrics.registry);
  const submitted = [...values].filter(([name]) => /gearman.*submitted.*"job"/.test(name));
  expect(submitted).toEqual([['wirewright_gearman_server_submitted_total{server="b",function="f",result="job"}', 1]]);
  expect(() => metrics.add('a', new JobServer(), jobServerMetrics)).toThrow(/another server is called a/);
  expect(() => metrics.add('a', new Server(), serverMetrics)).toThrow(InvalidOptionError);
  // @ts-expect-error a Server has no functions
  expect(() => metrics.add('c', new Server(), jobServerMetrics)).toThrow(/c is no server of which/);
  metrics.remove(b);
  expect([...(await scraped(metrics.registry)).keys()].filter((name) => name.includes('"b"'))).toEqual([]);
});

test('a client and a worker: tasks, jobs, and which servers are up', async () => {
  const server = await serve();
  const place = placeOf(server);
  // Nobody is on port 1.
  const client = clientOf([place, '127.0.0.1:1']);
  const [begun, release] = [later(), later()];
  const { worker: does } = workerOf(place, { concurrency: 2 });
  does
    .handle('echo', (job) => job.payload)
    .handle('fail', () => {
      throw new Error('no');
    })
    .handle('wait', async () => {
      begun.resolve();
      await release.promise;
    });
  const metrics = new Metrics().add('front', client, gearmanClientMetrics).add('mailer', does, workerMetrics);
  await client.submit('echo', 'a', { unique: 'a' });
  await client.submit('echo', 'b', { unique: 'b' });
  await expect(client.submit('fail')).rejects.toThrow(JobFailedError);
  await expect(client.submit('', 'no name')).rejects.toThrow(InvalidNameError);
  const waiting = client.submit('wait');
  await begun.promise;
  await expect.poll(() => does.counters.completed + does.counters.failed).toBe(3);
  const values = await scraped(metrics.registry);
  expect(Object.fromEntries(values)).toMatchObject({
    [`wirewright_gearman_client_up{client="front",server="${place as string}"}`]: 1,
    'wirewright_gearman_client_up{client="front",server="127.0.0.1:1"}': 0,
    'wirewright_gearman_client_pending_tasks{client="front"}': 1,
    'wirewright_gearman_client_submitted_total{client="front"}': 5,
    'wirewright_gearman_client_ended_total{client="front",result="completed"}': 2,
    'wirewright_gearman_client_ended_total{client="front",result="failed"}': 1,
    'wirewright_gearman_client_ended_total{client="front",result="rejected"}': 1,
    'wirewright_gearman_client_retried_total{client="front"}': client.counters.retried,
    'wirewright_gearman_client_strays_total{client="front"}': 0,
    [`wirewright_gearman_worker_up{worker="mailer",server="${place as string}"}`]: 1,
    'wirewright_gearman_worker_running_handlers{worker="mailer"}': 1,
    'wirewright_gearman_worker_assigned_total{worker="mailer"}': 4,
    'wirewright_gearman_worker_ended_total{worker="mailer",result="completed"}': 2,
    'wirewright_gearman_worker_ended_total{worker="mailer",result="failed"}': 1,
    'wirewright_gearman_worker_ended_total{worker="mailer",result="lost"}': 0,
  });
  release.resolve();
  await waiting;
});
