import { describe, expect, test } from 'vitest';

import { serve, Talk, worker } from './scene.ts';

describe('a job', () => {
  test('goes from a client to a worker and back, with all that the worker says of it', async () => {
    const server = await serve();
    const w = await worker(server, 'reverse');
    const c = await Talk.to(server);
    await w.send('PRE_SLEEP').all();
    expect(await c.ask('SUBMIT_JOB', 'reverse', 'u', 'te\0st')).toBe('JOB_CREATED H:t:1');
    expect(await w.next()).toBe('NOOP');
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 reverse te\0st');
    w.send('WORK_DATA', 'H:t:1', 'part\0').send('WORK_WARNING', 'H:t:1', 'hm').send('WORK_STATUS', 'H:t:1', '1', '2');
    w.send('WORK_COMPLETE', 'H:t:1', 'ts\0et');
    expect([await c.next(), await c.next(), await c.next(), await c.next()]).toEqual([
      'WORK_DATA H:t:1 part\0',
      'WORK_WARNING H:t:1 hm',
      'WORK_STATUS H:t:1 1 2',
      'WORK_COMPLETE H:t:1 ts\0et',
    ]);
    expect(server.jobs).toEqual({ total: 0, running: 0, waiting: 0 });
    expect(server.functions).toMatchObject([{ name: 'reverse', submitted: 1, completed: 1, failed: 0 }]);
    expect([await c.all(), await w.all()]).toEqual([[], []]);
  });

  test('is assigned with its unique, and its reducer, by whom it is asked so', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    c.send('SUBMIT_JOB_BG', 'f', 'u1', 'a').send('SUBMIT_REDUCE_JOB_BACKGROUND', 'f', 'u2', 'sum', '', 'b\0');
    c.send('SUBMIT_REDUCE_JOB', 'f', 'u3', 'sum', '0', 'c').send('SUBMIT_JOB_BG', 'f', '', '');
    expect(await c.all()).toHaveLength(4);
    expect(await w.ask('GRAB_JOB_UNIQ')).toBe('JOB_ASSIGN_UNIQ H:t:1 f u1 a');
    expect(await w.ask('GRAB_JOB_ALL')).toBe('JOB_ASSIGN_ALL H:t:2 f u2 sum b\0');
    expect(await w.ask('GRAB_JOB_UNIQ')).toBe('JOB_ASSIGN_UNIQ H:t:3 f u3 c');
    expect(await w.ask('GRAB_JOB_ALL')).toBe('JOB_ASSIGN_UNIQ H:t:4 f  ');
    expect(await w.ask('GRAB_JOB_ALL')).toBe('NO_JOB');
  });

  test('with a result that is the handle alone is complete: its clients get an empty one', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', '');
    await w.ask('GRAB_JOB');
    expect(await w.send('WORK_DATA', 'H:t:1').send('WORK_COMPLETE', 'H:t:1').all()).toEqual([]);
    expect([await c.next(), await c.next()]).toEqual(['WORK_DATA H:t:1 ', 'WORK_COMPLETE H:t:1 ']);
  });

  test('whatever size: 20 MiB there and back', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    const payload = Buffer.alloc(20 * 1024 * 1024, 'ab\0');
    c.send('SUBMIT_JOB', 'f', '', payload);
    expect(await c.next()).toBe('JOB_CREATED H:t:1');
    const assigned = await w.ask('GRAB_JOB');
    expect(assigned === `JOB_ASSIGN H:t:1 f ${payload.toString('latin1')}`).toBe(true);
    w.send('WORK_COMPLETE', 'H:t:1', payload);
    expect((await c.next()) === `WORK_COMPLETE H:t:1 ${payload.toString('latin1')}`).toBe(true);
  });

  test('as large as a packet may be is given to its worker, with the handle in front', async () => {
    const server = await serve({ maxFrameLength: 1024 });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    const payload = 'x'.repeat(1021);
    expect(await c.ask('SUBMIT_JOB_BG', 'f', '', payload)).toBe('JOB_CREATED H:t:1');
    expect(await w.ask('GRAB_JOB_UNIQ')).toBe(`JOB_ASSIGN_UNIQ H:t:1 f  ${payload}`);
  });

  test('in the background lives on when its client is gone; in the foreground it does not', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    c.send('SUBMIT_JOB', 'f', '', 'fore').send('SUBMIT_JOB_BG', 'f', '', 'back');
    await c.all();
    c.socket.destroy();
    await expect.poll(() => server.jobs.total).toBe(1);
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:2 f back');
    expect(server.functions[0]).toMatchObject({ cancelled: 1 });
  });

  test('that runs goes on when its client is gone; its worker is not told', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', '');
    await w.ask('GRAB_JOB');
    c.socket.destroy();
    await expect.poll(() => server.connections.size).toBe(1);
    expect(await w.send('WORK_STATUS', 'H:t:1', '1', '2').send('WORK_COMPLETE', 'H:t:1', '').all()).toEqual([]);
    expect(server.jobs.total).toBe(0);
  });

  test('of a worker that is lost goes to the next, and its clients get one result', async () => {
    const server = await serve();
    const [c, w, next] = [await Talk.to(server), await worker(server, 'f'), await worker(server, 'f')];
    await next.send('PRE_SLEEP').all();
    await c.ask('SUBMIT_JOB', 'f', '', 'x');
    await next.next();
    await w.ask('GRAB_JOB');
    await w.send('WORK_STATUS', 'H:t:1', '1', '2').all();
    w.socket.destroy();
    await next.send('GRAB_JOB').send('PRE_SLEEP').next();
    expect(await next.next()).toBe('NOOP');
    expect(await next.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
    expect(await c.send('GET_STATUS', 'H:t:1').all()).toEqual(['WORK_STATUS H:t:1 1 2', 'STATUS_RES H:t:1 1 1 0 0']);
    await next.send('WORK_COMPLETE', 'H:t:1', 'y').all();
    expect(await c.all()).toEqual(['WORK_COMPLETE H:t:1 y']);
    expect(server.functions[0]).toMatchObject({ retried: 1, completed: 1 });
  });

  test('of a worker that no longer does its function goes to another', async () => {
    const server = await serve();
    const [c, w, other] = [await Talk.to(server), await worker(server, 'f', 'g'), await worker(server, 'f', 'g')];
    c.send('SUBMIT_JOB', 'f', '', '1').send('SUBMIT_JOB', 'g', '', '2');
    await c.all();
    await w.ask('GRAB_JOB');
    await w.ask('GRAB_JOB');
    await w.send('CANT_DO', 'f').all();
    expect(await other.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f 1');
    expect(await w.ask('WORK_COMPLETE', 'H:t:1', '')).toMatch(/^ERROR JOB_NOT_FOUND/);
    await w.send('RESET_ABILITIES').all();
    expect(await other.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:2 g 2');
    expect(await c.all()).toEqual([]);
  });
});

describe('jobs that are the same', () => {
  test('are one: of the same function and unique, whoever submits them, also while it runs', async () => {
    const server = await serve();
    const [a, b, w] = [await Talk.to(server), await Talk.to(server), await worker(server, 'f', 'g')];
    expect(await a.ask('SUBMIT_JOB_LOW', 'f', 'u', 'first')).toBe('JOB_CREATED H:t:1');
    expect(await b.ask('SUBMIT_JOB_HIGH', 'f', 'u', 'second')).toBe('JOB_CREATED H:t:1');
    expect(await b.ask('SUBMIT_JOB', 'g', 'u', 'other')).toBe('JOB_CREATED H:t:2');
    expect(await b.ask('GET_STATUS_UNIQUE', 'u')).toBe('STATUS_RES_UNIQUE u 1 0 0 0 2');
    // The first priority counts, and the first payload.
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:2 g other');
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f first');
    await w.send('WORK_DATA', 'H:t:1', '1').all();
    expect(await a.ask('SUBMIT_JOB', 'f', 'u', 'third')).toBe('WORK_DATA H:t:1 1');
    expect(await a.next()).toBe('JOB_CREATED H:t:1');
    await w.send('WORK_COMPLETE', 'H:t:1', 'r').all();
    // Each submit has its answer.
    expect(await a.all()).toEqual(['WORK_COMPLETE H:t:1 r', 'WORK_COMPLETE H:t:1 r']);
    expect(await b.all()).toEqual(['WORK_DATA H:t:1 1', 'WORK_COMPLETE H:t:1 r']);
    expect(await a.ask('SUBMIT_JOB', 'f', 'u', 'new')).toBe('JOB_CREATED H:t:3');
    expect(server.functions[0]).toMatchObject({ submitted: 2, coalesced: 2 });
  });

  test('a unique of - stands for the payload, unless that is empty; without a unique none is the same', async () => {
    const server = await serve();
    const c = await Talk.to(server);
    for (const [unique, payload] of [
      ['-', 'same'],
      ['-', 'same'],
      ['-', 'other'],
      ['-', ''],
      ['-', ''],
      ['', 'same'],
      ['', 'same'],
      ['#', 'x'],
      ['#', 'y'],
    ] as const) {
      c.send('SUBMIT_JOB_BG', 'f', unique, payload);
    }
    expect((await c.all()).map((line) => line.slice(-1)).join('')).toBe('112345677');
  });

  test('one in the background and one in the foreground: it stays when the client of either is gone', async () => {
    for (const first of ['SUBMIT_JOB', 'SUBMIT_JOB_BG']) {
      const server = await serve();
      const [fore, back, w] = [await Talk.to(server), await Talk.to(server), await worker(server, 'f')];
      if (first === 'SUBMIT_JOB') await fore.ask('SUBMIT_JOB', 'f', 'u', 'x');
      await back.ask('SUBMIT_JOB_BG', 'f', 'u', 'x');
      if (first === 'SUBMIT_JOB_BG') await fore.ask('SUBMIT_JOB', 'f', 'u', 'x');
      fore.socket.destroy();
      back.socket.destroy();
      await expect.poll(() => server.connections.size).toBe(1);
      expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
    }
  });
});

describe('what is answered', () => {
  test('the status of a job by handle, and by unique, to anybody', async () => {
    const server = await serve();
    const [c, w, other] = [await Talk.to(server), await worker(server, 'f'), await Talk.to(server)];
    expect(await other.ask('GET_STATUS', 'H:t:1')).toBe('STATUS_RES H:t:1 0 0 0 0');
    await c.ask('SUBMIT_JOB', 'f', 'u', '');
    expect(await other.ask('GET_STATUS', 'H:t:1')).toBe('STATUS_RES H:t:1 1 0 0 0');
    await w.ask('GRAB_JOB');
    await w.send('WORK_STATUS', 'H:t:1', '7', '10').all();
    expect(await other.ask('GET_STATUS', 'H:t:1')).toBe('STATUS_RES H:t:1 1 1 7 10');
    expect(await other.ask('GET_STATUS_UNIQUE', 'u')).toBe('STATUS_RES_UNIQUE u 1 1 7 10 1');
    expect(await other.ask('GET_STATUS_UNIQUE', 'v')).toBe('STATUS_RES_UNIQUE v 0 0 0 0 0');
    expect(await other.ask('GET_STATUS_UNIQUE', '')).toBe('STATUS_RES_UNIQUE  0 0 0 0 0');
    for (const handle of ['H:t:01', 'H:t:', 'H:t:1x', 'H:t:99999999999999999999', 'h'.repeat(5000), ''])
      expect(await other.ask('GET_STATUS', handle)).toBe(`STATUS_RES ${handle} 0 0 0 0`);
  });

  test('exceptions to those that want them, a failure to the others, and the job is over', async () => {
    const server = await serve();
    const [wants, other, w] = [await Talk.to(server), await Talk.to(server), await worker(server, 'f')];
    expect(await wants.ask('OPTION_REQ', 'Exceptions')).toBe('OPTION_RES Exceptions');
    expect(await other.ask('OPTION_REQ', 'no')).toBe('ERROR UNKNOWN_OPTION Server does not recognize given option');
    await wants.ask('SUBMIT_JOB', 'f', 'u', '');
    await other.ask('SUBMIT_JOB', 'f', 'u', '');
    await w.ask('GRAB_JOB');
    // Perl's and libgearman's workers send both, and die of an error.
    expect(await w.send('WORK_EXCEPTION', 'H:t:1', 'oh\0no').send('WORK_FAIL', 'H:t:1').all()).toEqual([]);
    expect(await wants.all()).toEqual(['WORK_EXCEPTION H:t:1 oh\0no']);
    expect(await other.all()).toEqual(['WORK_FAIL H:t:1']);
    expect(await w.ask('WORK_FAIL', 'H:t:1')).toBe('ERROR JOB_NOT_FOUND Job given in work result not found');
  });

  test('only the worker that has a job can tell of it', async () => {
    const server = await serve();
    const [c, w, thief] = [await Talk.to(server), await worker(server, 'f'), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', '');
    const notFound = 'ERROR JOB_NOT_FOUND Job given in work result not found';
    expect(await thief.ask('WORK_COMPLETE', 'H:t:1', 'stolen')).toBe(notFound);
    await w.ask('GRAB_JOB');
    expect(await thief.ask('WORK_COMPLETE', 'H:t:1', 'stolen')).toBe(notFound);
    expect(await thief.ask('WORK_FAIL', 'H:t:1')).toBe(notFound);
    expect(await thief.ask('WORK_STATUS', 'H:t:1', '1', '2')).toBe(notFound);
    expect(await thief.ask('WORK_DATA', 'H:t:1', 'x')).toBe('ERROR JOB_NOT_FOUND Job does not exist on server');
    expect(await thief.ask('WORK_EXCEPTION', 'H:t:1', 'x')).toBe(
      'ERROR JOB_NOT_FOUND An exception was received for a job that does not exist',
    );
    expect(await c.all()).toEqual([]);
  });
});

describe('cancelling', () => {
  test('a job that waits or runs: its clients get one failure, its worker an error for what comes late', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    c.send('SUBMIT_JOB', 'f', '', '1').send('SUBMIT_JOB', 'f', '', '2').send('SUBMIT_JOB', 'f', 'u', '3');
    await c.all();
    await w.ask('GRAB_JOB');
    expect(server.cancel({ handle: 'H:t:1' })).toBe(1);
    expect(server.cancel({ handle: 'H:t:1' })).toBe(0);
    expect(server.cancel({ handle: 'H:t:2' })).toBe(1);
    expect(server.cancel({ function: 'f', unique: 'u' })).toBe(1);
    expect(server.cancel({ function: 'f', unique: 'u' })).toBe(0);
    expect(server.cancel({ function: 'g' })).toBe(0);
    expect(await c.all()).toEqual(['WORK_FAIL H:t:1', 'WORK_FAIL H:t:2', 'WORK_FAIL H:t:3']);
    expect(await w.ask('WORK_COMPLETE', 'H:t:1', '')).toBe('ERROR JOB_NOT_FOUND Job given in work result not found');
    expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
    expect(await c.all()).toEqual([]);
    expect(server.functions[0]).toMatchObject({ cancelled: 3, running: 0 });
  });

  test('all of a function', async () => {
    const server = await serve();
    const c = await Talk.to(server);
    for (let i = 0; i < 5; i++) c.send('SUBMIT_JOB_BG', 'f', '', '').send('SUBMIT_JOB_BG', 'g', '', '');
    await c.all();
    expect(server.cancel({ function: 'f' })).toBe(5);
    expect(server.jobs.total).toBe(5);
  });

  test('what comes late is dropped where that was asked for', async () => {
    const server = await serve({ lateResults: 'ignore' });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', '');
    await w.ask('GRAB_JOB');
    server.cancel({ handle: 'H:t:1' });
    const late = w
      .send('WORK_STATUS', 'H:t:1', '1', '2')
      .send('WORK_DATA', 'H:t:1', '')
      .send('WORK_COMPLETE', 'H:t:1', '');
    expect(await late.all()).toEqual([]);
    expect(await w.ask('WORK_COMPLETE', 'H:t:7', '')).toMatch(/^ERROR JOB_NOT_FOUND/);
  });
});
