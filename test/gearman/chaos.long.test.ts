import { describe, expect, test } from 'vitest';

import { leavingNothing } from '../faults/chaos.ts';
import { chaosServers } from './chaos-scenes.ts';
import { chaos, inWords } from './chaos.ts';

describe.each(chaosServers)(
  '$name, which die, workers that crash and a network that goes wrong:',
  ({ name, start, orphans }) => {
    test('each of 4000 jobs settles once, with its own result or the loss of its server', async () => {
      const report = await leavingNothing(() => chaos({ start, orphans, jobs: 4000, seed: 1, retries: false }));
      console.log(inWords(name, report));
      expect(report.completed).toBeGreaterThan(1500);
      expect([report.restarts > 10, report.crashes > 10, report.interrupted > 10]).toEqual([true, true, true]);
      expect([report.resets > 10, report.blackHoles > 10]).toEqual([true, true]);
    });

    test('each of 4000 jobs is done when it is submitted again as often as its server is lost', async () => {
      const report = await leavingNothing(() => chaos({ start, orphans, jobs: 4000, seed: 2, retries: true }));
      console.log(inWords(`${name}, with retries`, report));
      expect([report.retried > 500, report.repeated > 100]).toEqual([true, true]);
    });
  },
);
