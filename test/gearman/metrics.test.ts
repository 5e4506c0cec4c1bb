import { FakeClock } from '@wirewright/core/testing';
import { jobMetrics } from '@wirewright/gearman/prometheus';
import { expect, test } from 'vitest';

import { serve, Talk, worker } from './scene.ts';

test('functions as metrics: read when they are asked for', async () => {
  const server = await serve({ clock: new FakeClock(), functions: { f: { maxQueue: { low: 1 } } } });
  const registry = jobMetrics(server);
  const [c, w] = [await Talk.to(server), await worker(server, 'f', 'g')];
  c.send('SUBMIT_JOB_HIGH', 'f', 'u', '').send('SUBMIT_JOB', 'f', 'u', '').send('SUBMIT_JOB', 'f', '', '');
  c.send('SUBMIT_JOB_LOW', 'f', '', '').send('SUBMIT_JOB_LOW', 'f', '', '');
  await c.all();
  await w.ask('GRAB_JOB');
  await w.send('WORK_COMPLETE', 'H:t:1', '').ask('GRAB_JOB');
  const text = await registry.metrics();
  for (const line of [
    'wirewright_gearman_queued{function="f",priority="high"} 0',
    'wirewright_gearman_queued{function="f",priority="low"} 1',
    'wirewright_gearman_running{function="f"} 1',
    'wirewright_gearman_workers{function="g"} 1',
    'wirewright_gearman_submitted_total{function="f",as="job"} 3',
    'wirewright_gearman_submitted_total{function="f",as="coalesced"} 1',
    'wirewright_gearman_submitted_total{function="f",as="refused"} 1',
    'wirewright_gearman_ended_total{function="f",how="completed"} 1',
    'wirewright_gearman_retried_total{function="f"} 0',
  ])
    expect(text.split('\n')).toContain(line);
  expect(await registry.metrics()).toBe(text);
  expect(() => jobMetrics(server, { registry })).toThrow(/has wirewright_gearman_queued already/);
  expect(jobMetrics(server, { registry, prefix: 'other_' })).toBe(registry);
});
