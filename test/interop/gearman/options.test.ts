import { FakeClock } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { awaiting, type Dialogue, hold, LEAVE, type Step } from './dialogue.ts';
import { gearmand, gearmandWith } from './gearmand.ts';
import { oursWith } from './ours.ts';
import { packet } from './packets.ts';
import { canDo, getStatus, GRAB, PRE_SLEEP, submit } from './requests.ts';

const LOST: readonly Step[] = [
  ['worker', canDo(), GRAB],
  ['worker', LEAVE],
  ['client', getStatus('{1}')],
  ['admin', 'status\nshow jobs\n'],
];

/** Clients of a job, in the foreground and in the background, whose worker is lost three times. */
const LOSING: readonly [string, Dialogue][] = [
  ['in the foreground', [['client', submit('data', 'u')], ...LOST, ...LOST, ...LOST]],
  ['in the background', [['client', submit('data', 'u', 'SUBMIT_JOB_BG')], ...LOST, ...LOST, ...LOST]],
];

const SLEEPERS: Dialogue = [
  ['one', canDo(), PRE_SLEEP],
  ['two', canDo(), PRE_SLEEP],
  ['three', canDo(), PRE_SLEEP],
  ['client', submit('1')],
];

describe.runIf(gearmand !== undefined).concurrent('gearmand and ours answer the same', () => {
  test.for(LOSING.flatMap(([where, dialogue]) => [1, 2, 3].map((attempts) => [attempts, where, dialogue] as const)))(
    'with %i attempts of a job that is lost %s',
    async ([attempts, , dialogue]) => {
      const retries = { lost: attempts - 1, timeout: attempts - 1 };
      const [real, ours] = await Promise.all([
        hold(gearmandWith(gearmand!, `--job-retries=${attempts}`), dialogue),
        hold(oursWith({ defaults: { retries }, wakeUp: 'all' }), dialogue),
      ]);
      expect(ours).toEqual(real);
    },
  );

  test('with one attempt of a job that takes too long', async () => {
    const dialogue: Dialogue = [
      ['client', submit('data', 'u')],
      ['worker', packet('CAN_DO_TIMEOUT', 'f', '1000'), GRAB],
      ['client', awaiting('WORK_FAIL')],
      ['worker', packet('WORK_COMPLETE', '{1}', 'late')],
      ['admin', 'status\nshow jobs\n'],
    ];
    const [real, ours] = await Promise.all([
      hold(gearmandWith(gearmand!, '--job-retries=1'), dialogue),
      hold(oursWith({ defaults: { retries: 0 } }), dialogue),
    ]);
    expect(ours).toEqual(real);
  });

  test('with a prefix of handles', async () => {
    const dialogue: Dialogue = [['client', submit('1'), submit('2')]];
    const [real, ours] = await Promise.all([
      hold(gearmandWith(gearmand!, '--job-handle-prefix=J'), dialogue),
      hold(oursWith({ handlePrefix: 'J' }), dialogue),
    ]);
    expect(real).toEqual(['client: JOB_CREATED J:1\nJOB_CREATED J:2']);
    expect(ours).toEqual(real);
  });

  test.each([1, 2])('to %i workers that are woken for a job', async (workers) => {
    const woken = async (said: Promise<readonly string[]>): Promise<number> =>
      (await said)
        .at(-1)!
        .split('\n')
        .filter((line) => line.endsWith(': NOOP')).length;
    const real = woken(hold(gearmandWith(gearmand!, `--worker-wakeup=${workers}`), SLEEPERS));
    // Time stands still: ours wakes another when the first does not come for a while.
    const ours = woken(hold(oursWith({ wakeUp: workers, clock: new FakeClock() }), SLEEPERS));
    expect([await real, await ours]).toEqual([workers, workers]);
  });
});
