import { FakeClock } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { serve, Talk, worker } from './scene.ts';

describe('timeouts', () => {
  test('each job has its own: that of one does not end another, and ends with its job', async () => {
    const clock = new FakeClock();
    const server = await serve({ clock });
    const [c, w] = [await Talk.to(server), await worker(server)];
    await w.send('CAN_DO_TIMEOUT', 'f', '2000').send('CAN_DO_TIMEOUT', 'g', '5000').all();
    c.send('SUBMIT_JOB', 'f', '', '1').send('SUBMIT_JOB', 'g', '', '2').send('SUBMIT_JOB', 'g', '', '3');
    await c.all();
    for (let i = 0; i < 3; i++) await w.ask('GRAB_JOB');
    await w.send('WORK_COMPLETE', 'H:t:3', '').all();
    clock.advance(2100);
    // The first is to be had again, the second is not.
    expect(server.jobs).toMatchObject({ total: 2, running: 1 });
    expect(await w.ask('WORK_COMPLETE', 'H:t:1', '')).toMatch(/^ERROR JOB_NOT_FOUND/);
    clock.advance(3000);
    expect(server.jobs).toMatchObject({ total: 2, running: 0 });
    // Long after: nothing counts below nothing.
    clock.advance(10_000);
    expect(server.functions.map(({ running, timedOut }) => [running, timedOut])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f 1');
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:2 g 2');
    await w.send('WORK_COMPLETE', 'H:t:2', 'late').all();
    expect(await c.all()).toEqual(['WORK_COMPLETE H:t:3 ', 'WORK_COMPLETE H:t:2 late']);
  });

  test.each([
    ['ms', '3', 1000],
    ['ms', '1500', 1500],
    ['s', '3', 3000],
    ['auto', '3', 3000],
    ['auto', '999', 999_000],
    ['auto', '1000', 1000],
  ] as const)('in %s, %s are %d ms', async (timeoutUnit, given, ms) => {
    const clock = new FakeClock();
    const server = await serve({ clock, timeoutUnit });
    const [c, w] = [await Talk.to(server), await worker(server)];
    await w.send('CAN_DO_TIMEOUT', 'f', given).all();
    await c.ask('SUBMIT_JOB', 'f', '', '');
    await w.ask('GRAB_JOB');
    clock.advance(ms - 1);
    expect(server.jobs.running).toBe(1);
    clock.advance(1);
    expect(server.jobs.running).toBe(0);
  });

  test('a function has one for workers that name none; 0 is none, whatever the function has', async () => {
    const clock = new FakeClock();
    const server = await serve({ clock, functions: { f: { timeout: 100 } } });
    const [c, usual, patient] = [await Talk.to(server), await worker(server, 'f'), await worker(server)];
    await patient.send('CAN_DO_TIMEOUT', 'f', '0').all();
    c.send('SUBMIT_JOB', 'f', '', '').send('SUBMIT_JOB', 'f', '', '');
    await c.all();
    await patient.ask('GRAB_JOB');
    await usual.ask('GRAB_JOB');
    clock.advance(1_000_000);
    expect(server.jobs).toMatchObject({ total: 2, running: 1 });
  });

  test('a number that is none is none; one that is out of range is refused', async () => {
    const server = await serve();
    const w = await worker(server);
    expect(await w.send('CAN_DO_TIMEOUT', 'f', 'soon').send('CAN_DO_TIMEOUT', 'f', '-1').all()).toEqual([]);
    expect(await w.ask('CAN_DO_TIMEOUT', 'f', '9'.repeat(21))).toBe('ERROR ARGUMENT_TOO_LARGE Number is out of range');
  });
});

describe('retries', () => {
  test('for ever when a worker is lost or late, never when it fails: unless a policy says otherwise', async () => {
    const server = await serve();
    const c = await Talk.to(server);
    await c.ask('SUBMIT_JOB', 'f', '', '');
    for (let i = 0; i < 10; i++) {
      const w = await worker(server, 'f');
      expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f ');
      w.socket.destroy();
      await expect.poll(() => server.jobs.running).toBe(0);
    }
    const w = await worker(server, 'f');
    await w.ask('GRAB_JOB');
    await w.send('WORK_FAIL', 'H:t:1').all();
    expect(await c.all()).toEqual(['WORK_FAIL H:t:1']);
  });

  test('so many as a policy has, then its clients are told', async () => {
    const server = await serve({ functions: { f: { retries: 2 } } });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('OPTION_REQ', 'exceptions');
    await c.ask('SUBMIT_JOB', 'f', '', '');
    for (const attempt of ['WORK_FAIL', 'WORK_EXCEPTION', 'WORK_EXCEPTION']) {
      expect(await c.all()).toEqual([]);
      expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f ');
      await w.send(attempt, ...(attempt === 'WORK_FAIL' ? ['H:t:1'] : ['H:t:1', 'no'])).all();
    }
    expect(await c.all()).toEqual(['WORK_EXCEPTION H:t:1 no']);
    expect(server.functions[0]).toMatchObject({ retried: 2, failed: 1, completed: 0 });
  });

  test('no longer than somebody waits for it', async () => {
    const server = await serve({ defaults: { retries: 5 } });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', '');
    await w.ask('GRAB_JOB');
    c.socket.destroy();
    await expect.poll(() => server.connections.size).toBe(1);
    await w.send('WORK_FAIL', 'H:t:1').all();
    expect(server.jobs.total).toBe(0);
  });

  test('after a rest that doubles', async () => {
    const clock = new FakeClock();
    const wall = (): number => 1_000_000 + clock.now();
    const policy = { retries: Infinity, backoff: { minDelay: 100, maxDelay: 300 } };
    const server = await serve({ clock, wall, defaults: policy });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', '');
    for (const rest of [0, 100, 200, 300, 300]) {
      if (rest > 0) {
        clock.advance(rest - 1);
        expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
        clock.advance(1);
      }
      expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f ');
      await w.send('WORK_FAIL', 'H:t:1').all();
      expect(server.jobs).toMatchObject({ waiting: 1 });
    }
  });

  test('what has none left goes to a function for such, as a job of its own', async () => {
    const server = await serve({ functions: { f: { deadLetter: 'buried' } } });
    const [c, w, digger] = [await Talk.to(server), await worker(server, 'f'), await worker(server, 'buried')];
    await c.ask('SUBMIT_JOB_HIGH', 'f', 'u', 'load');
    await w.ask('GRAB_JOB');
    await w.send('WORK_FAIL', 'H:t:1').all();
    expect(await c.all()).toEqual(['WORK_FAIL H:t:1']);
    expect(await digger.ask('GRAB_JOB_UNIQ')).toBe('JOB_ASSIGN_UNIQ H:t:2 buried  load');
    await digger.send('WORK_FAIL', 'H:t:2').all();
    expect(server.jobs.total).toBe(0);
  });
});
