import { expect, test } from 'vitest';

import { gc } from '../support/gc.ts';
import { random } from '../support/random.ts';
import { serve, Talk, worker } from './scene.ts';

// Behind the first jobs of a queue those that are nothing but one more of many are kept in another form.

const JOBS = 1500;

test('a long queue is one of single jobs, whatever is done with those in the midst of it', async () => {
  const server = await serve();
  const [c, w] = [await Talk.to(server), await worker(server, 'f')];
  const next = random(7);
  const pick = (below: number): number => Math.floor(next() * below);
  const kinds = ['_HIGH', '', '_LOW'];
  /** Numbers of the jobs that are to be done, by priority, and what a worker gets of each. */
  const queues: number[][] = [[], [], []];
  const assigned = new Map<number, string>();
  for (let id = 1; id <= JOBS; id++) {
    const priority = id % 3;
    // Some that are more than that: somebody waits for them, or they have a unique.
    const foreground = pick(10) === 0;
    const unique = pick(10) === 0 ? `u${id}` : '';
    const payload = `${id}\0`.repeat(pick(20) === 0 ? 400 : 2);
    c.send(`SUBMIT_JOB${kinds[priority]}${foreground ? '' : '_BG'}`, 'f', unique, payload);
    queues[priority]!.push(id);
    assigned.set(id, `JOB_ASSIGN_UNIQ H:t:${id} f ${unique} ${payload}`);
  }
  const created = await c.all();
  expect(created).toEqual([...assigned.keys()].map((id) => `JOB_CREATED H:t:${id}`));

  for (let turn = 0; turn < 400; turn++) {
    const queue = queues.find(({ length }) => length > 0)!;
    const of = queues[pick(3)]!;
    const id = of[pick(of.length)];
    switch (pick(4)) {
      case 0:
        expect(await w.ask('GRAB_JOB_UNIQ')).toBe(assigned.get(queue[0]!));
        w.send('WORK_COMPLETE', `H:t:${queue.shift()}`, 'done');
        break;
      case 1:
        if (id === undefined) break;
        expect(server.cancel({ handle: `H:t:${id}` })).toBe(1);
        expect(server.cancel({ handle: `H:t:${id}` })).toBe(0);
        of.splice(of.indexOf(id), 1);
        break;
      case 2:
        if (id !== undefined) expect(await w.ask('GET_STATUS', `H:t:${id}`)).toBe(`STATUS_RES H:t:${id} 1 0 0 0`);
        break;
      default:
        c.send('SUBMIT_JOB_LOW_BG', 'f', '', 'late');
        assigned.set(assigned.size + 1, `JOB_ASSIGN_UNIQ H:t:${assigned.size + 1} f  late`);
        queues[2]!.push(assigned.size);
        await c.all();
    }
    await w.all();
    const total = queues.reduce((sum, { length }) => sum + length, 0);
    expect(server.jobs).toEqual({ total, running: 0, waiting: 0 });
  }

  const left = queues.flat();
  const [high, normal, low] = queues.map(({ length }) => length);
  expect(server.functions[0]!.queued).toEqual({ high, normal, low });
  const listed = await (await Talk.to(server)).admin('show jobs');
  const inOrder = [...left];
  inOrder.sort((a, b) => a - b);
  expect(listed.map((line) => line.split('\t')[0])).toEqual(inOrder.map((id) => `H:t:${id}`));
  for (const id of left) {
    expect(await w.ask('GRAB_JOB_UNIQ')).toBe(assigned.get(id));
    await w.send('WORK_COMPLETE', `H:t:${id}`, 'done').all();
  }
  expect(await w.ask('GRAB_JOB_UNIQ')).toBe('NO_JOB');
  expect(server.jobs.total).toBe(0);
});

test('a job of a long queue that its worker loses is the last of it, and a dead one is buried', async () => {
  const server = await serve({ functions: { f: { retries: { lost: 1 }, deadLetter: 'dead' } } });
  const c = await Talk.to(server);
  for (let i = 1; i <= 200; i++) c.send('SUBMIT_JOB_BG', 'f', '', `${i}`);
  await c.all();
  const first = await worker(server, 'f');
  for (let i = 1; i <= 150; i++) await first.ask('GRAB_JOB');
  first.socket.destroy();
  await expect.poll(() => server.jobs.running).toBe(0);
  const second = await worker(server, 'f');
  for (let i = 151; i <= 200; i++) expect(await second.ask('GRAB_JOB')).toBe(`JOB_ASSIGN H:t:${i} f ${i}`);
  for (let i = 1; i <= 150; i++) expect(await second.ask('GRAB_JOB')).toBe(`JOB_ASSIGN H:t:${i} f ${i}`);
  second.socket.destroy();
  await expect.poll(() => server.functions.find(({ name }) => name === 'dead')?.queued.normal).toBe(150);
  const third = await worker(server, 'dead');
  for (let i = 1; i <= 150; i++) expect(await third.ask('GRAB_JOB')).toBe(`JOB_ASSIGN H:t:${200 + i} dead ${i}`);
});

test('a long queue can be cancelled as a whole, and its limits are kept', async () => {
  const server = await serve({ functions: { f: { maxQueue: 300 } }, maxJobs: 350 });
  const c = await Talk.to(server);
  const submit = async (name: string, times: number): Promise<number> => {
    for (let i = 0; i < times; i++) c.send('SUBMIT_JOB_BG', name, '', 'x');
    return (await c.all()).filter((answer) => answer.startsWith('JOB_CREATED')).length;
  };
  expect([await submit('f', 400), await submit('g', 400)]).toEqual([300, 50]);
  expect(server.functions.map(({ refused }) => refused)).toEqual([100, 350]);
  expect(server.cancel({ function: 'f' })).toBe(300);
  expect(server.jobs.total).toBe(50);
  expect([await submit('f', 400), server.jobs.total]).toEqual([300, 350]);
});

test('jobs of a long queue that take turns with jobs of another kind take little memory each', async () => {
  const server = await serve();
  const c = await Talk.to(server);
  const submit = async (times: number, unique: (i: number) => string): Promise<void> => {
    for (let i = 0; i < times; i++) c.send('SUBMIT_JOB_BG', 'f', unique(i), 'x');
    await c.all();
  };
  await submit(64, () => '');
  const memory = process.memoryUsage().arrayBuffers;
  await submit(8000, (i) => (i % 2 === 0 ? `u${i}` : ''));
  expect(server.jobs.total).toBe(8064);
  // With some garbage of the connection.
  expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(8000 * 1024);
});

test('a job of a long queue that is over leaves no memory behind, though those around it wait', async () => {
  const server = await serve();
  const [c, w] = [await Talk.to(server), await worker(server, 'f')];
  for (let i = 0; i < 64; i++) c.send('SUBMIT_JOB_BG', 'f', '', 'x');
  const before = process.memoryUsage().arrayBuffers;
  const body = Buffer.alloc(256 * 1024);
  for (let i = 0; i < 200; i++) c.send('SUBMIT_JOB_BG', 'f', '', body);
  await c.all();
  for (let i = 1; i < 264; i++) {
    await w.ask('GRAB_JOB');
    await w.send('WORK_COMPLETE', `H:t:${i}`, '').all();
  }
  expect(server.jobs.total).toBe(1);
  const left = (): number => {
    gc();
    return process.memoryUsage().arrayBuffers - before;
  };
  await expect.poll(left).toBeLessThan(50 * body.length);
});

test('who submits a job of a long queue is told so before it is woken for it', async () => {
  const server = await serve();
  const c = await Talk.to(server);
  // Each job wakes one who sleeps.
  for (let i = 0; i < 64; i++) await (await worker(server, 'f')).send('PRE_SLEEP').all();
  const both = await worker(server, 'f');
  await both.send('PRE_SLEEP').all();
  for (let i = 0; i < 64; i++) c.send('SUBMIT_JOB_BG', 'f', '', 'x');
  await c.all();
  expect(await both.send('SUBMIT_JOB_BG', 'f', '', 'x').all()).toEqual(['JOB_CREATED H:t:65', 'NOOP']);
});

test('a long queue that is only looked at, or left alone, takes no more memory for it', async () => {
  const server = await serve();
  const c = await Talk.to(server);
  const jobs = 20_000;
  for (let i = 0; i < jobs; i++) c.send('SUBMIT_JOB_BG', i % 2 === 0 ? 'f' : 'g', '', 'x');
  await c.all();
  const heap = (): number => {
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  expect(await c.admin('show jobs')).toHaveLength(jobs);
  const looked = heap();
  expect(await c.admin('show unique jobs')).toHaveLength(jobs);
  expect(await c.admin('jobs')).toHaveLength(jobs);
  expect(await c.admin('cancel function g')).toEqual(['OK']);
  expect(await c.admin('show jobs')).toHaveLength(jobs / 2);
  await server.close();
  expect(server.jobs.total).toBe(jobs / 2);
  expect(looked - before).toBeLessThan(50 * jobs);
  expect(heap() - before).toBeLessThan(50 * jobs);
});
