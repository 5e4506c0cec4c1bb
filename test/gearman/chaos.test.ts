import { describe, expect, test } from 'vitest';

import { leavingNothing } from '../faults/chaos.ts';
import { chaosServers } from './chaos-scenes.ts';
import { chaos } from './chaos.ts';

// With gearmand it takes as long again, and is one of the long tests.
describe.each(chaosServers.slice(0, 1))(
  '$name, which die, workers that crash and a network that goes wrong:',
  ({ start, orphans }) => {
    test('each job settles once, with its own result or the loss of its server', async () => {
      const report = await leavingNothing(() => chaos({ start, orphans, jobs: 300, seed: 20_261_127, retries: false }));
      expect(report.completed).toBeGreaterThan(60);
      expect(report.failed['GEARMAN_JOB_LOST']).toBeGreaterThan(0);
      expect([report.restarts > 0, report.crashes > 0, report.interrupted > 0]).toEqual([true, true, true]);
    });

    test('each job is done when it is submitted again as often as its server is lost', async () => {
      const report = await leavingNothing(() => chaos({ start, orphans, jobs: 300, seed: 20_261_128, retries: true }));
      expect([report.retried > 0, report.repeated > 0]).toEqual([true, true]);
    });
  },
);
