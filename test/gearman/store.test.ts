import { Buffer } from 'node:buffer';
import { createServer } from 'node:net';

import { FakeClock } from '@wirewright/core/testing';
import { JobServer, type StoredJob } from '@wirewright/gearman';
import { describe, expect, test } from 'vitest';

import { FakeStore } from './fake-store.ts';
import { PREFIX, serve, Talk, worker } from './scene.ts';
import { job } from './stored-job.mjs';

const stored = (id: number, fields: Partial<StoredJob> = {}): StoredJob =>
  job(id, { payload: Buffer.from(`${id}`), ...fields });

/** Waits until the store was asked for so many commits. */
async function asked(store: FakeStore, count: number): Promise<void> {
  await expect.poll(() => store.commits.length).toBe(count);
}

describe('a job in the background', () => {
  test('is acknowledged, and done, when the store has it; what follows on that connection waits behind', async () => {
    const store = new FakeStore();
    store.quick = false;
    const server = await serve({ store });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await w.send('PRE_SLEEP').all();
    c.send('SUBMIT_JOB_BG', 'f', '', 'back').send('SUBMIT_JOB', 'f', '', 'fore').send('GET_STATUS', 'H:t:2');
    c.send('ECHO_REQ', 'e'.repeat(2000)).send('version\n');
    await asked(store, 1);
    // The one in the foreground needs no store.
    expect(await w.next()).toBe('NOOP');
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:2 f fore');
    expect(await w.send('WORK_COMPLETE', 'H:t:2', 'done').ask('GRAB_JOB')).toBe('NO_JOB');
    store.commits[0]!.settle();
    expect(await c.all()).toEqual([
      'JOB_CREATED H:t:1',
      'JOB_CREATED H:t:2',
      'STATUS_RES H:t:2 1 0 0 0',
      `ECHO_RES ${'e'.repeat(2000)}`,
      'OK 1.1.20',
      'WORK_COMPLETE H:t:2 done',
    ]);
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f back');
    store.quick = true;
    await w.send('WORK_COMPLETE', 'H:t:1', '').all();
    await asked(store, 2);
    expect(store.commits[1]!.batch).toEqual({ put: [], remove: [1] });
  });

  test('many in one turn are one commit', async () => {
    const store = new FakeStore();
    const server = await serve({ store });
    const c = await Talk.to(server);
    c.socket.cork();
    for (let i = 0; i < 500; i++) c.send('SUBMIT_JOB_BG', 'f', '', `${i}`);
    c.socket.uncork();
    expect(await c.all()).toEqual(Array.from({ length: 500 }, (_, i) => `JOB_CREATED H:t:${i + 1}`));
    expect(store.commits.length).toBeLessThan(20);
    expect([...store.jobs.values()].map(({ payload }) => String(payload))).toEqual(
      Array.from({ length: 500 }, (_, i) => `${i}`),
    );
  });

  test('is kept with all that it has', async () => {
    const store = new FakeStore();
    const server = await serve({ store, timeZone: 'UTC' });
    const c = await Talk.to(server);
    c.send('SUBMIT_JOB_HIGH_BG', 'f', 'u', 'a\0b').send('SUBMIT_REDUCE_JOB_BACKGROUND', 'f', '-', 'sum', '', 'c');
    c.send('SUBMIT_JOB_EPOCH', 'f', '', '4102444800', 'd').send('SUBMIT_JOB_SCHED', 'f', '', '0', '', '', '', '0', 'e');
    await c.all();
    const [a, b, d, e] = [...store.jobs.values()];
    const bytes = (text: string): unknown => expect.objectContaining({ length: text.length });
    expect(a).toMatchObject({ id: 1, handle: 'H:t:1', priority: 0, when: 0, reducer: undefined, schedule: '' });
    expect([String(a!.function), String(a!.unique), String(a!.payload)]).toEqual(['f', 'u', 'a\0b']);
    expect(b).toMatchObject({ id: 2, priority: 1, unique: bytes('-'), reducer: Buffer.from('sum') });
    expect(d).toMatchObject({ id: 3, when: 4_102_444_800_000 });
    expect(e).toMatchObject({ id: 4, schedule: '0 * * * 1' });
    expect(e!.when).toBeGreaterThan(Date.now());
  });

  test('that the store cannot keep is refused, and not done; the connection goes on', async () => {
    const store = new FakeStore();
    store.quick = false;
    const troubles: string[] = [];
    const server = await serve({ store }, (s) => s.onStoreTrouble((error) => troubles.push(error.message)));
    const [c, other, w] = [await Talk.to(server), await Talk.to(server), await worker(server, 'f')];
    c.send('SUBMIT_JOB_BG', 'f', 'u', 'x');
    await asked(store, 1);
    // Who has joined it is told, too.
    expect(await other.ask('SUBMIT_JOB', 'f', 'u', 'x')).toBe('JOB_CREATED H:t:1');
    store.commits[0]!.settle(new Error('disk\0full'));
    expect(await c.next()).toBe('ERROR QUEUE_ERROR disk full');
    expect(await other.next()).toBe('WORK_FAIL H:t:1');
    expect(await w.ask('GRAB_JOB')).toBe('NO_JOB');
    expect(troubles).toEqual([expect.stringContaining('disk')]);
    store.quick = true;
    expect(await c.ask('SUBMIT_JOB_BG', 'f', 'u', 'x')).toBe('JOB_CREATED H:t:2');
  });

  test('that joins one in the foreground has that kept', async () => {
    const store = new FakeStore();
    const server = await serve({ store });
    const [fore, back, w] = [await Talk.to(server), await Talk.to(server), await worker(server, 'f')];
    await fore.ask('SUBMIT_JOB', 'f', 'u', 'x');
    await w.ask('GRAB_JOB');
    expect(store.commits).toHaveLength(0);
    expect(await back.ask('SUBMIT_JOB_BG', 'f', 'u', 'y')).toBe('JOB_CREATED H:t:1');
    expect(await back.ask('SUBMIT_JOB_BG', 'f', 'u', 'z')).toBe('JOB_CREATED H:t:1');
    expect(store.commits).toHaveLength(1);
    expect([...store.jobs.values()].map(({ payload }) => String(payload))).toEqual(['x']);
    await w.send('WORK_COMPLETE', 'H:t:1', 'r').all();
    expect(await fore.next()).toBe('WORK_COMPLETE H:t:1 r');
    await expect.poll(() => store.jobs.size).toBe(0);
  });

  test('that joins one which is on its way to the store is acknowledged with it', async () => {
    const store = new FakeStore();
    store.quick = false;
    const server = await serve({ store }, (s) => s.onStoreTrouble(() => {}));
    const [first, second] = [await Talk.to(server), await Talk.to(server)];
    first.send('SUBMIT_JOB_BG', 'f', 'u', 'x');
    await asked(store, 1);
    second.send('SUBMIT_JOB_BG', 'f', 'u', 'x');
    await expect.poll(() => server.functions[0]?.coalesced).toBe(1);
    store.commits[0]!.settle(new Error('full'));
    expect(await first.next()).toBe('ERROR QUEUE_ERROR full');
    expect(await second.next()).toBe('ERROR QUEUE_ERROR full');
  });

  test('has its attempts and its next time kept', async () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    const start = Date.parse('2026-01-01T00:00:30Z');
    const server = await serve({
      store,
      clock,
      wall: () => start + clock.now(),
      timeZone: 'UTC',
      defaults: { retries: 1 },
    });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB_SCHED', 'f', '', '*', '', '', '', '', 'x');
    clock.advance(30_000);
    await w.ask('GRAB_JOB');
    await w.send('WORK_FAIL', 'H:t:1').all();
    await expect.poll(() => store.jobs.get(1)!.attempts).toBe(1);
    await w.ask('GRAB_JOB');
    await w.send('WORK_COMPLETE', 'H:t:1', '').all();
    await expect.poll(() => store.jobs.get(1)).toMatchObject({ attempts: 0, when: Date.parse('2026-01-01T00:02:00Z') });
    server.cancel({ handle: 'H:t:1' });
    await expect.poll(() => store.jobs.size).toBe(0);
  });
});

describe('after a restart', () => {
  test('jobs are there as they were, under their handles, and new ones get new handles', async () => {
    const store = new FakeStore(
      [
        stored(5, { priority: 2, unique: Buffer.from('u'), reducer: Buffer.from('sum'), attempts: 3 }),
        stored(6, { handle: 'H:elsewhere:6' }),
        stored(7, { when: Date.now() + 3_600_000 }),
      ],
      1_000_001,
    );
    const server = await serve({ store });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    expect(server.jobs).toEqual({ total: 3, running: 0, waiting: 1 });
    expect(await c.admin('show jobs')).toEqual(['H:t:5\t3\t0\t1', 'H:elsewhere:6\t0\t0\t1', 'H:t:7\t0\t0\t1']);
    expect(await c.ask('GET_STATUS', 'H:elsewhere:6')).toBe('STATUS_RES H:elsewhere:6 1 0 0 0');
    expect(await c.ask('GET_STATUS', 'H:t:6')).toBe('STATUS_RES H:t:6 0 0 0 0');
    expect(await c.ask('SUBMIT_JOB', 'f', 'u', 'joins')).toBe('JOB_CREATED H:t:5');
    expect(await c.ask('SUBMIT_JOB_BG', 'f', '', 'new')).toBe('JOB_CREATED H:t:1000001');
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:elsewhere:6 f 6');
    expect(await w.send('WORK_COMPLETE', 'H:elsewhere:6', '').ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1000001 f new');
    expect(await w.ask('GRAB_JOB_ALL')).toBe('JOB_ASSIGN_ALL H:t:5 f u sum 5');
    await expect.poll(() => [...store.jobs.keys()]).toEqual([5, 7, 1_000_001]);
  });

  test('jobs of another server that are adopted are done', async () => {
    const store = new FakeStore();
    const server = await serve({ store });
    const w = await worker(server, 'f');
    await w.send('PRE_SLEEP').all();
    store.events!.adopted([stored(9, { handle: 'H:dead:9' })]);
    expect(await w.next()).toBe('NOOP');
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:dead:9 f 9');
  });

  test('a server whose store is lost is gone at once: nobody is given a job of it', async () => {
    const store = new FakeStore([stored(1)]);
    const troubles: Error[] = [];
    const server = await serve({ store }, (s) => s.onStoreTrouble((error) => troubles.push(error)));
    const [w, busy] = [await worker(server, 'f'), await worker(server, 'f')];
    await busy.ask('GRAB_JOB');
    store.events!.lost(new Error('the lease is over'));
    w.send('GRAB_JOB');
    expect(await w.end()).toEqual([]);
    await server.closed;
    expect(troubles).toMatchObject([{ code: 'GEARMAN_STORE_FAILED', message: /the lease is over/ }]);
    expect(store.closed).toBe(true);
    // Nor is anything written.
    expect(store.commits).toEqual([]);
  });

  test.each(['close', 'destroy'] as const)(
    'a server has closed when its store has what it was told: %s()',
    async (end) => {
      const store = new FakeStore();
      store.quick = false;
      const server = await serve({ store });
      const c = await Talk.to(server);
      c.send('SUBMIT_JOB_BG', 'f', '', 'x');
      await asked(store, 1);
      const closed = server.closed.then(() => ({ store: store.closed, jobs: store.jobs.size }));
      void server[end]();
      await c.end();
      store.commits[0]!.settle();
      expect(await closed).toEqual({ store: true, jobs: 1 });
    },
  );

  test('a server that is closed while it waits for its lease waits no longer', async () => {
    for (const end of ['close', 'destroy'] as const) {
      const store = new FakeStore();
      store.held = true;
      const server = new JobServer({ store });
      const listening = server.listen({ port: 0, host: '127.0.0.1' });
      const refused = expect(listening).rejects.toMatchObject({ code: 'WIRE_CLOSED' });
      await server[end]();
      await refused;
    }
  });
});

describe('closing', () => {
  test('leaves what waits to the store, waits for what is being written, and closes the store', async () => {
    const store = new FakeStore();
    store.quick = false;
    const server = await serve({ store });
    const c = await Talk.to(server);
    c.send('SUBMIT_JOB_BG', 'f', '', '1');
    await asked(store, 1);
    const closing = server.close({ grace: 50 });
    setTimeout(() => store.commits[0]!.settle(), 100);
    await closing;
    expect(store.closed).toBe(true);
    expect([...store.jobs.keys()]).toEqual([1]);
  });

  test('at once, it leaves what its workers have to the store, and closes that', async () => {
    const store = new FakeStore();
    const troubles: Error[] = [];
    const server = await serve({ store }, (s) => s.onStoreTrouble((error) => troubles.push(error)));
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB_BG', 'f', '', 'x');
    await w.ask('GRAB_JOB');
    server.destroy();
    await server.closed;
    expect(store.closed).toBe(true);
    expect(store.jobs.get(1)).toMatchObject({ attempts: 0 });
    expect(troubles).toEqual([]);
  });

  test('drains without those that wait for their time', async () => {
    const store = new FakeStore();
    const server = await serve({ store });
    const [c, w] = [await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB_EPOCH', 'f', '', '4102444800', 'later');
    await c.ask('SUBMIT_JOB_BG', 'f', '', 'now');
    const drained = server.drain();
    await w.ask('GRAB_JOB');
    await w.send('WORK_COMPLETE', 'H:t:2', '').end();
    await drained;
    await expect.poll(() => [...store.jobs.keys()]).toEqual([1]);
  });
});

test('it is opened before the server listens, or by hand before it serves', async () => {
  const store = new FakeStore();
  const server = new JobServer({ store, handlePrefix: PREFIX });
  const listener = createServer();
  expect(() => server.serve(listener)).toThrow(/await server.open\(\)/);
  await server.open();
  server.serve(listener);
  await server.close();
  expect(store.closed).toBe(true);
  expect(() => new JobServer({ store: {} as never })).toThrow(/it has no open\(\)/);
});
