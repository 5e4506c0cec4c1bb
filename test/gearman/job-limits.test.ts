import { describe, expect, test } from 'vitest';

import { serve, Talk, worker } from './scene.ts';

describe('limits', () => {
  test('on jobs of a priority, those that run included; jobs that join another are not refused', async () => {
    const server = await serve({ functions: { f: { maxQueue: { high: 1, normal: 2 } } } });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    const full = 'ERROR QUEUE_ERROR Job queue is full';
    for (const type of ['SUBMIT_JOB_HIGH', 'SUBMIT_JOB_HIGH_BG', 'SUBMIT_JOB', 'SUBMIT_JOB_BG', 'SUBMIT_JOB'])
      c.send(type, 'f', '', '');
    expect((await c.all()).map((line) => (line === full ? '-' : line.slice(-1))).join('')).toBe('1-23-');
    await w.ask('GRAB_JOB');
    expect(await c.ask('SUBMIT_JOB_HIGH', 'f', '', '')).toBe(full);
    await w.send('WORK_COMPLETE', 'H:t:1', '').all();
    expect(await c.ask('SUBMIT_JOB_HIGH', 'f', 'u', '')).toBe('WORK_COMPLETE H:t:1 ');
    expect(await c.next()).toBe('JOB_CREATED H:t:4');
    expect(await c.ask('SUBMIT_JOB_HIGH', 'f', 'u', '')).toBe('JOB_CREATED H:t:4');
    c.send('SUBMIT_JOB_LOW', 'f', '', '').send('SUBMIT_JOB_LOW', 'f', '', '');
    expect(await c.all()).toEqual(['JOB_CREATED H:t:5', 'JOB_CREATED H:t:6']);
    expect(server.functions[0]).toMatchObject({ refused: 3, maxQueue: { high: 1, normal: 2, low: 0 } });
  });

  test('on all jobs, their bytes, functions, names and uniques', async () => {
    const server = await serve({ maxJobs: 3, maxFunctions: 2, maxFunctionName: 5, maxUnique: 4, maxJobBytes: 40 });
    const c = await Talk.to(server);
    expect(await c.ask('SUBMIT_JOB', 'abcdef', '', '')).toBe('ERROR ARGUMENT_TOO_LARGE Function name too large');
    expect(await c.ask('CAN_DO', 'abcdef')).toBe('ERROR ARGUMENT_TOO_LARGE Function name too large');
    expect(await c.ask('SUBMIT_JOB', 'abcde', '12345', '')).toBe('ERROR ARGUMENT_TOO_LARGE Unique value too large');
    expect(await c.ask('SUBMIT_JOB', 'abcde', '1234', 'x'.repeat(30))).toBe('JOB_CREATED H:t:1');
    expect(await c.ask('SUBMIT_JOB', 'abcde', '', '')).toBe('ERROR QUEUE_ERROR Job queue is full');
    server.cancel({ handle: 'H:t:1' });
    expect(await c.next()).toBe('WORK_FAIL H:t:1');
    for (let i = 0; i < 3; i++) expect(await c.ask('SUBMIT_JOB', 'b', '', '')).toMatch(/^JOB_CREATED/);
    expect(await c.ask('SUBMIT_JOB', 'b', '', '')).toBe('ERROR QUEUE_ERROR Job queue is full');
    expect(await c.ask('SUBMIT_JOB', 'c', '', '')).toBe('ERROR QUEUE_ERROR Too many functions');
    expect(await c.ask('CAN_DO', 'c')).toBe('ERROR QUEUE_ERROR Too many functions');
  });

  test('a unique of 64 bytes is whole; one of 65 is refused', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    const unique = 'u'.repeat(64);
    expect(await c.ask('SUBMIT_JOB', 'f', unique, 'load')).toBe('JOB_CREATED H:t:1');
    expect(await c.ask('GET_STATUS_UNIQUE', unique)).toBe(`STATUS_RES_UNIQUE ${unique} 1 0 0 0 1`);
    expect(await w.ask('GRAB_JOB_UNIQ')).toBe(`JOB_ASSIGN_UNIQ H:t:1 f ${unique} load`);
    expect(await c.ask('SUBMIT_JOB', 'f', `${unique}u`, '')).toBe('ERROR ARGUMENT_TOO_LARGE Unique value too large');
  });

  test('a job that nobody can do is refused where that was asked for', async () => {
    const server = await serve({ functions: { f: { requireWorker: true } } });
    const c = await Talk.to(server);
    expect(await c.ask('SUBMIT_JOB', 'f', '', '')).toBe('ERROR QUEUE_ERROR No worker does this function');
    await worker(server, 'f');
    expect(await c.ask('SUBMIT_JOB', 'f', '', '')).toBe('JOB_CREATED H:t:1');
  });
});
