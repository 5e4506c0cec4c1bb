import { FakeClock } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { serve, Talk, worker } from './scene.ts';

describe('the order', () => {
  test('high before normal before low, over all functions; the oldest first', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'a', 'b')];
    for (const [name, type] of [
      ['a', 'SUBMIT_JOB_LOW_BG'],
      ['b', 'SUBMIT_JOB_BG'],
      ['a', 'SUBMIT_JOB_BG'],
      ['b', 'SUBMIT_JOB_LOW_BG'],
      ['a', 'SUBMIT_JOB_HIGH_BG'],
      ['a', 'SUBMIT_JOB_HIGH_BG'],
      ['b', 'SUBMIT_JOB_HIGH_BG'],
    ] as const) {
      c.send(type, name, '', name);
    }
    await c.all();
    for (let i = 0; i < 7; i++) w.send('GRAB_JOB');
    expect((await w.all()).map((line) => line.slice(0, -2))).toEqual([
      'JOB_ASSIGN H:t:5 a',
      'JOB_ASSIGN H:t:7 b',
      'JOB_ASSIGN H:t:6 a',
      'JOB_ASSIGN H:t:2 b',
      'JOB_ASSIGN H:t:3 a',
      'JOB_ASSIGN H:t:4 b',
      'JOB_ASSIGN H:t:1 a',
    ]);
  });

  test('a function with many jobs does not keep those of another from their turn', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'many', 'few')];
    for (let i = 0; i < 10; i++) c.send('SUBMIT_JOB_BG', 'many', '', '');
    c.send('SUBMIT_JOB_BG', 'few', '', '').send('SUBMIT_JOB_BG', 'few', '', '');
    await c.all();
    for (let i = 0; i < 5; i++) w.send('GRAB_JOB');
    const order = (await w.all()).map((line) => line.split(' ')[2]);
    expect(order).toEqual(['many', 'few', 'many', 'few', 'many']);
  });

  test('a job that waits for its time hides no other', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    const later = String(Math.floor(Date.now() / 1000) + 3600);
    c.send('SUBMIT_JOB_EPOCH', 'f', '', later, 'later').send('SUBMIT_JOB_LOW_BG', 'f', '', 'low');
    await c.all();
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:2 f low');
    expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
    // Asleep, it is not woken by it either: both go by the same.
    expect(await w.send('PRE_SLEEP').all()).toEqual([]);
  });
});

describe('workers that sleep', () => {
  test('are woken one for each job, the one that has slept longest first', async () => {
    const server = await serve();
    const c = await Talk.to(server);
    const workers = [await worker(server, 'f'), await worker(server, 'f'), await worker(server, 'f')];
    for (const w of workers) await w.send('PRE_SLEEP').all();
    c.send('SUBMIT_JOB_BG', 'f', '', '').send('SUBMIT_JOB_BG', 'f', '', '');
    await c.all();
    expect(await workers[0]!.next()).toBe('NOOP');
    expect(await workers[1]!.next()).toBe('NOOP');
    expect(await workers[2]!.all()).toEqual([]);
  });

  test('get one NOOP, however many jobs come', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await w.send('PRE_SLEEP').all();
    for (let i = 0; i < 50; i++) c.send('SUBMIT_JOB_BG', 'f', '', '');
    await c.all();
    expect(await w.all()).toEqual(['NOOP']);
    // As long as there is something to do, sleep is short.
    expect(await w.send('PRE_SLEEP').send('PRE_SLEEP').all()).toEqual(['NOOP', 'NOOP']);
  });

  test('one that does not come when it is woken keeps the job from nobody', async () => {
    const clock = new FakeClock();
    const server = await serve({ clock });
    const [c, hung, quick] = [await Talk.to(server), await worker(server, 'f'), await worker(server, 'f')];
    await hung.send('PRE_SLEEP').all();
    await quick.send('PRE_SLEEP').all();
    await c.ask('SUBMIT_JOB_BG', 'f', '', 'x');
    expect(await hung.next()).toBe('NOOP');
    expect(await quick.all()).toEqual([]);
    clock.advance(150);
    expect(await quick.next()).toBe('NOOP');
    expect(await quick.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
  });

  test('all of them, when the server is told to', async () => {
    const server = await serve({ wakeUp: 'all' });
    const c = await Talk.to(server);
    const workers = [await worker(server, 'f'), await worker(server, 'f')];
    for (const w of workers) await w.send('PRE_SLEEP').all();
    await c.ask('SUBMIT_JOB_BG', 'f', '', '');
    for (const w of workers) expect(await w.all()).toEqual(['NOOP']);
  });

  test('learn of what there is to do for an ability that they get while they sleep', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server)];
    await c.ask('SUBMIT_JOB_BG', 'f', '', '');
    expect(await w.send('PRE_SLEEP').all()).toEqual([]);
    expect(await w.ask('CAN_DO', 'f')).toBe('NOOP');
    await w.send('GRAB_JOB').send('CAN_DO', 'g').send('PRE_SLEEP').all();
    await c.ask('SUBMIT_JOB_BG', 'g', '', '');
    expect(await w.all()).toEqual(['NOOP']);
  });
});
