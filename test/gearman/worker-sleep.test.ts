import { Worker } from '@wirewright/gearman';
import { expect, test, vi } from 'vitest';

import { patient } from '../support/patience.ts';
import { BadServer } from './bad-server.ts';

/** What a worker has sent since the last time that this was asked, without arguments, when it sleeps. */
async function untilAsleep(server: BadServer): Promise<string> {
  await vi.waitFor(() => expect(server.received.at(-1)).toMatch('PRE_SLEEP'), patient);
  return server.received
    .splice(0)
    .map((line) => line.split(' ')[0])
    .join(' ');
}

const ASKS_AGAIN = 'GRAB_JOB_ALL WORK_COMPLETE GRAB_JOB_ALL PRE_SLEEP';
const SLEEPS_AT_ONCE = 'GRAB_JOB_ALL WORK_COMPLETE PRE_SLEEP';

test.each([
  ['at once', (): string => 'done'],
  ['later', async (): Promise<string> => new Promise((resolve) => setImmediate(resolve, 'done'))],
])(
  'a worker that is done %s sleeps at once when calls are for one job each, and does a whole queue nevertheless',
  async (_, handler) => {
    await using server = await BadServer.start();
    await using worker = new Worker(server.place).handle('f', handler);
    expect(await untilAsleep(server)).toBe('CAN_DO GRAB_JOB_ALL PRE_SLEEP');
    const one = { function: 'f', payload: 'x' };
    const seen: string[] = [];
    for (let call = 0; call < 20; call++) {
      server.give(one);
      seen.push(await untilAsleep(server));
    }
    expect(seen.slice(0, 2)).toEqual([ASKS_AGAIN, ASKS_AGAIN]);
    // It looks from time to time whether there are others.
    expect(new Set(seen.slice(2))).toEqual(new Set([SLEEPS_AT_ONCE, ASKS_AGAIN]));
    expect(seen.filter((each) => each === SLEEPS_AT_ONCE).length).toBeGreaterThan(14);

    server.give(...Array.from({ length: 100 }, () => one));
    await vi.waitFor(() => expect(server.of('WORK_COMPLETE')).toHaveLength(100), patient);
    const queue = await untilAsleep(server);
    // At most until it has looked.
    expect(queue.match(/PRE_SLEEP/g)!.length).toBeLessThan(10);
    expect(server.jobs).toEqual([]);
    expect(worker.running).toBe(0);
  },
);
