import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';

import { postgresStore } from '@wirewright/gearman/store-postgres';
import { afterAll, describe, expect, test } from 'vitest';

import {
  Actor,
  DoomedSocket,
  freeSchema,
  holdUp,
  ids,
  kept,
  LEASE,
  look,
  opened,
  postgres,
  Sockets,
  storeAt,
  terminateAll,
  Told,
} from './postgres-scene.ts';
import { afterwards } from './scene.ts';
import { job } from './stored-job.mjs';

afterAll(() => postgres?.destroy());

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** How long what happens once a lease is over may take, in ms: much longer than it does. */
const SOON = { timeout: 4 * LEASE };

/** An actor that has opened the store. */
async function actor(schema: string, server: string): Promise<{ it: Actor; opened: unknown }> {
  const it = new Actor('postgres-actor.mjs', postgres!.connection, schema, server, String(LEASE));
  return { it, opened: await it.says() };
}

describe.skipIf(postgres === undefined)('what is kept', () => {
  test('comes back as it was, in the order of the numbers', async () => {
    const schema = freeSchema();
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const all = [
      job(1, { handle: 'x'.repeat(63), function: every, unique: Buffer.from('u\xff', 'latin1'), payload: every }),
      job(2, { priority: 0, when: 1_790_000_000_123.5, reducer: Buffer.from('sum'), attempts: 7 }),
      job(3, { priority: 2, schedule: '*/5 * * * 1', payload: Buffer.alloc(0), reducer: Buffer.alloc(0) }),
      job(4, { handle: `H:"'\\{},NULL:4`, attempts: 2 ** 32 - 1, payload: Buffer.from('NULL') }),
      job(2 ** 52 + 5, { payload: Buffer.alloc(300_000, 7), function: Buffer.alloc(0) }),
    ];
    const { store, jobs, damage } = await opened(schema);
    expect({ jobs, damage }).toEqual({ jobs: [], damage: undefined });
    await store.commit({ put: [all[4]!, all[1]!], remove: [] });
    await store.commit({ put: [all[0]!, all[3]!, all[2]!], remove: [] });
    await store.close();
    const again = await opened(schema);
    expect({ jobs: again.jobs, damage: again.damage }).toEqual({ jobs: all, damage: undefined });
  });

  test('comes back when it is more than is read at a time', async () => {
    const schema = freeSchema();
    const { store } = await opened(schema);
    await store.commit({ put: range(1, 2500).map((id) => job(id)), remove: [] });
    await store.close();
    expect(ids((await opened(schema)).jobs)).toEqual(range(1, 2500));
  });

  test('changes and goes: the last word counts, and in one batch a removal', async () => {
    const schema = freeSchema();
    const { store } = await opened(schema);
    await store.commit({ put: [job(4)], remove: [] });
    await Promise.all([
      store.commit({ put: [job(1), job(2), job(3)], remove: [3] }),
      store.commit({ put: [job(1, { attempts: 1, when: 5, payload: Buffer.from('new') })], remove: [] }),
      store.commit({ put: [], remove: [2, 4] }),
      store.commit({ put: [job(1, { attempts: 2 }), job(4, { attempts: 9 })], remove: [99] }),
    ]);
    await store.close();
    expect((await opened(schema)).jobs).toEqual([job(1, { attempts: 2 }), job(4, { attempts: 9 })]);
  });

  test('is committed in the order it came, what comes meanwhile together, and closing waits for it', async () => {
    const schema = freeSchema();
    const { store } = await opened(schema);
    const order: number[] = [];
    const all = range(0, 199).map((i) =>
      store.commit({ put: [job(i + 1)], remove: i > 0 ? [i] : [] }).then(() => order.push(i)),
    );
    await store.close();
    await Promise.all(all);
    expect(order).toEqual(range(0, 199));
    // A transaction for each would be 200.
    const [{ commits } = { commits: '' }] = await look<{ commits: string }>(
      `SELECT commits FROM ${schema}.wirewright_leases`,
    );
    expect(Number(commits)).toBeLessThan(20);
    expect(ids((await opened(schema)).jobs)).toEqual([200]);
  });

  test('what cannot be written is refused, and nothing of it there; the next is kept', async () => {
    const schema = freeSchema();
    const { store, told } = await opened(schema);
    await expect(store.commit({ put: [job(1), job(2, { handle: 'a\0b' })], remove: [] })).rejects.toThrow(/0x00/);
    await store.commit({ put: [job(3)], remove: [] });
    expect([await kept(schema, 'a'), told.losses]).toEqual([[3], []]);
  });
});

describe.skipIf(postgres === undefined)('several servers', () => {
  test('open a database together that was never used, and get numbers that nobody else has', async () => {
    const schema = freeSchema();
    const all = await Promise.all(['a', 'b', 'c'].map((server) => opened(schema, { server })));
    const blocks = await Promise.all(range(0, 29).map((i) => all[i % 3]!.store.reserve(10)));
    expect(new Set(blocks)).toEqual(new Set(range(0, 29).map((i) => 1 + 10 * i)));
  });

  test('have jobs of their own', async () => {
    const schema = freeSchema();
    const [a, b] = [await opened(schema), await opened(schema, { server: 'b' })];
    await a.store.commit({ put: [job(1), job(2)], remove: [] });
    await b.store.commit({ put: [job(3)], remove: [1] });
    expect([await kept(schema, 'a'), await kept(schema, 'b')]).toEqual([[1, 2], [3]]);
  });

  test('take over the jobs of one that was killed, more than at a time, once its lease is over', async () => {
    const schema = freeSchema();
    const first = await opened(schema, { server: 'b' });
    await first.store.commit({ put: range(1, 1500).map((id) => job(id)), remove: [] });
    await first.store.close();
    const { it, opened: had } = await actor(schema, 'b');
    expect(had).toEqual({ opened: range(1, 1500) });
    it.tell('2000');
    expect(await it.says()).toEqual({ committed: 2000 });
    it.child.kill('SIGKILL');
    const { told, store } = await opened(schema);
    await expect.poll(() => told.adoptedIds.length, SOON).toBe(1501);
    expect(told.adoptedIds).toEqual([...range(1, 1500), 2000]);
    expect(told.adoptions[0]![0]).toEqual(job(1));
    expect([await kept(schema, 'a'), await kept(schema, 'b')]).toEqual([told.adoptedIds, []]);
    // They are its own from now on.
    await store.commit({ put: [], remove: range(1, 1500) });
    expect(await kept(schema, 'a')).toEqual([2000]);
  });

  test('take over at once what one leaves that was closed; each job goes to one of them', async () => {
    const schema = freeSchema();
    const dead = await Promise.all(['x', 'y', 'z'].map((server) => opened(schema, { server, takeOver: false })));
    for (const [i, { store }] of dead.entries()) {
      await store.commit({ put: range(1, 10).map((id) => job(100 * i + id)), remove: [] });
    }
    const living = await Promise.all(['a', 'b'].map((server) => opened(schema, { server })));
    await Promise.all(dead.map(({ store }) => store.close()));
    const adopted = (): number[] => living.flatMap(({ told }) => told.adoptedIds);
    await expect.poll(() => adopted().length, SOON).toBe(30);
    expect(new Set(adopted()).size).toBe(30);
    for (const [i, server] of ['a', 'b'].entries()) {
      expect(new Set(await kept(schema, server))).toEqual(new Set(living[i]!.told.adoptedIds));
    }
  });

  test('leave the jobs of others alone when they are told to', async () => {
    const schema = freeSchema();
    const first = await opened(schema, { server: 'b' });
    await first.store.commit({ put: [job(1)], remove: [] });
    await first.store.close();
    const { store, told } = await opened(schema, { takeOver: false });
    // One that takes over begins at once: it would be done by now.
    for (let i = 0; i < 50; i++) await store.reserve(1);
    expect([told.adoptions, await kept(schema, 'b')]).toEqual([[], [1]]);
    expect(ids((await opened(schema, { server: 'b' })).jobs)).toEqual([1]);
  });
});

describe.skipIf(postgres === undefined)('a second server of the same name', () => {
  test('waits until the first is closed, and gets its jobs', async () => {
    const schema = freeSchema();
    const first = await opened(schema);
    await first.store.commit({ put: [job(1)], remove: [] });
    let isOpen = false;
    const second = opened(schema).finally(() => (isOpen = true));
    // Longer than a lease: it is renewed.
    const since = Date.now();
    await expect.poll(() => Date.now() - since > 1.5 * LEASE, SOON).toBe(true);
    expect(isOpen).toBe(false);
    await first.store.commit({ put: [job(2)], remove: [] });
    await first.store.close();
    expect(ids((await second).jobs)).toEqual([1, 2]);
    expect(first.told.losses).toEqual([]);
  });

  test('waits until the lease of the first is over, when that was killed', async () => {
    const schema = freeSchema();
    const { it } = await actor(schema, 'a');
    it.tell('7');
    expect(await it.says()).toEqual({ committed: 7 });
    it.child.kill('SIGKILL');
    expect(ids((await opened(schema)).jobs)).toEqual([7]);
  });

  test('stops waiting when it is told to, also before it begins', async () => {
    const schema = freeSchema();
    await opened(schema);
    const stop = new AbortController();
    const waiting = storeAt(schema).open(new Told(), stop.signal);
    // It asks for the lease, and not only for a connection.
    await expect
      .poll(
        async () =>
          (await look(`SELECT FROM pg_stat_activity WHERE query ~ 'INTO "${schema}"."wirewright_leases"'`)).length,
      )
      .toBeGreaterThan(1);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(storeAt(schema).open(new Told(), AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
  });
});

describe.skipIf(postgres === undefined)('a lease that is over', () => {
  test('of a process that was stopped: its commit fails, it is told, and nothing of it is in the table', async () => {
    const schema = freeSchema();
    const { it } = await actor(schema, 'b');
    it.tell('1');
    expect(await it.says()).toEqual({ committed: 1 });
    it.child.kill('SIGSTOP');
    it.tell('2');
    const { told, store } = await opened(schema);
    await expect.poll(() => told.adoptedIds, SOON).toEqual([1]);
    it.child.kill('SIGCONT');
    expect([await it.says(), await it.says()]).toEqual(
      expect.arrayContaining([{ lost: 'GEARMAN_STORE_LOST' }, { refused: 2, code: 'GEARMAN_STORE_LOST' }]),
    );
    it.tell('3');
    expect(await it.says()).toEqual({ refused: 3, code: 'GEARMAN_STORE_LOST' });
    await store.commit({ put: [job(4)], remove: [] });
    expect(await look(`SELECT id, server FROM ${schema}.wirewright_jobs ORDER BY id`)).toEqual([
      { id: '1', server: 'a' },
      { id: '4', server: 'a' },
    ]);
  });

  test('whatever the server believes: the database refuses its commit', async () => {
    const schema = freeSchema();
    const { store, told } = await opened(schema, { lease: 60_000 });
    await store.commit({ put: [job(1)], remove: [] });
    await look(`UPDATE ${schema}.wirewright_leases SET token = 'of another'`);
    await expect(store.commit({ put: [job(2)], remove: [1] })).rejects.toMatchObject({ code: 'GEARMAN_STORE_LOST' });
    expect(told.losses).toMatchObject([
      { code: 'GEARMAN_STORE_LOST', message: expect.stringContaining('somebody else') },
    ]);
    await expect(store.reserve(1)).rejects.toMatchObject({ code: 'GEARMAN_STORE_LOST' });
    expect(await kept(schema, 'a')).toEqual([1]);
    await store.close();
  });

  test('is found out without a commit, too', async () => {
    const schema = freeSchema();
    const { told } = await opened(schema);
    await look(`UPDATE ${schema}.wirewright_leases SET expires = '-infinity'`);
    await expect.poll(() => told.losses.length, SOON).toBe(1);
  });

  test('when the database is away: it is told before the lease ends, and what waits is refused', async () => {
    const schema = freeSchema();
    const { store, told } = await opened(schema);
    const since = performance.now();
    await postgres!.stop();
    afterwards(() => postgres!.resume());
    const refused = store.commit({ put: [job(1)], remove: [] });
    await expect(refused).rejects.toMatchObject({ code: 'GEARMAN_STORE_LOST' });
    expect(performance.now() - since).toBeLessThan(LEASE);
    expect(told.losses).toMatchObject([{ code: 'GEARMAN_STORE_LOST' }]);
    await store.close();
  });
});

describe.skipIf(postgres === undefined)('a connection that is lost', () => {
  test('is made anew: all that is acknowledged is there, and nothing was lost in between', async () => {
    const schema = freeSchema();
    const { store, told } = await opened(schema, { lease: 10_000 });
    let next = 1;
    let acknowledged = 0;
    const write = async (until: () => boolean): Promise<void> => {
      while (!until()) {
        const id = next++;
        await store.commit({ put: [job(id)], remove: id > 100 ? [id - 100] : [] });
        acknowledged++;
      }
    };
    let ended = 0;
    let done = false;
    const writers = range(1, 4).map(() => write(() => done));
    for (let i = 0; i < 5; i++) {
      ended += await terminateAll();
      const before = acknowledged;
      await expect.poll(() => acknowledged - before, SOON).toBeGreaterThan(100);
    }
    done = true;
    await Promise.all(writers);
    expect(ended).toBeGreaterThanOrEqual(5);
    expect(told.losses).toEqual([]);
    expect(await kept(schema, 'a')).toEqual(range(next - 100, next - 1));
  });

  test('in the moment it is made', async () => {
    const schema = freeSchema();
    const sockets = [new DoomedSocket()];
    const connection = { connectionString: postgres!.connection, stream: () => sockets.pop() ?? new Socket() };
    const doomed = storeAt(schema, { connection }).open(new Told());
    await expect(doomed).rejects.toMatchObject({ code: 'GEARMAN_STORE_OPEN_FAILED' });
    const { store, told } = await opened(schema, { connection });
    for (let i = 0; i < 3; i++) {
      sockets.push(new DoomedSocket());
      await terminateAll();
      await store.commit({ put: [job(i)], remove: [] });
    }
    expect([sockets, await kept(schema, 'a'), told.losses]).toEqual([[], [0, 1, 2], []]);
  });

  test('while a commit is done: it is done once, and known to be', async () => {
    const schema = freeSchema();
    const sockets = new Sockets();
    const { store, told } = await opened(schema, { lease: 10_000, connection: sockets.connection });
    await store.commit({ put: [job(1)], remove: [] });
    const hold = await holdUp(schema, 'wirewright_jobs', 'INSERT');
    const all = Promise.all([
      store.commit({ put: [job(2)], remove: [1] }),
      store.commit({ put: [job(3)], remove: [2] }),
    ]);
    await hold.held();
    sockets.breakOff();
    // The next attempt waits for the lease, which the first one still has.
    const retries = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event <> 'advisory' AND query ~ '"${schema}"'`;
    await expect.poll(async () => (await look(retries)).length, SOON).toBeGreaterThan(0);
    expect(await kept(schema, 'a')).toEqual([1]);
    await hold.release();
    await all;
    expect([await kept(schema, 'a'), told.losses]).toEqual([[3], []]);
  });

  test.each([true, false])('while jobs are taken over: each is told of once; done: %s', async (done) => {
    const schema = freeSchema();
    const dead = await opened(schema, { server: 'b' });
    await dead.store.commit({ put: [job(1), job(2)], remove: [] });
    await dead.store.close();
    const hold = await holdUp(schema, 'wirewright_leases', 'DELETE');
    const sockets = new Sockets();
    const { store, told } = await opened(schema, { lease: 10_000, connection: sockets.connection });
    const [pid] = await hold.held();
    if (done) sockets.breakOff();
    else await look('SELECT pg_terminate_backend($1)', [pid]);
    await hold.release();
    await expect.poll(() => told.adoptedIds).toEqual([1, 2]);
    await store.commit({ put: [], remove: [1] });
    expect([await kept(schema, 'a'), await kept(schema, 'b'), told.adoptions.length]).toEqual([[2], [], 1]);
    expect(await look(`SELECT server FROM ${schema}.wirewright_leases`)).toEqual([{ server: 'a' }]);
  });

  test('a database that starts anew is waited for', async () => {
    const schema = freeSchema();
    const { store, told } = await opened(schema, { lease: 20_000 });
    await store.commit({ put: [job(1)], remove: [] });
    await postgres!.stop();
    const late = store.commit({ put: [job(2)], remove: [] });
    await postgres!.resume();
    await late;
    expect([await store.reserve(5), await kept(schema, 'a'), told.losses]).toEqual([1, [1, 2], []]);
  });
});

describe.skipIf(postgres === undefined)('what is refused', () => {
  test('a store that is not open, or not any more', async () => {
    const store = storeAt(freeSchema());
    await expect(store.reserve(1)).rejects.toMatchObject({ code: 'GEARMAN_STORE_CLOSED' });
    await store.open(new Told());
    await store.close();
    await expect(store.commit({ put: [], remove: [] })).rejects.toMatchObject({ code: 'GEARMAN_STORE_CLOSED' });
    await store.close();
  });

  test('a database that is not there: the message says where, without the password', async () => {
    const store = storeAt('s', { connection: 'postgresql://me:secret@127.0.0.1:1/jobs' });
    const error = await store.open(new Told()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'GEARMAN_STORE_OPEN_FAILED' });
    expect(String(error)).toMatch(/the database jobs at 127\.0\.0\.1:1 could not be opened: .*ECONNREFUSED/);
    expect(String(error)).not.toContain('secret');
  });

  test('tables of another version', async () => {
    const schema = freeSchema();
    await (await opened(schema)).store.close();
    await look(`UPDATE ${schema}.wirewright_store SET version = 2`);
    await expect(storeAt(schema).open(new Told())).rejects.toMatchObject({
      code: 'GEARMAN_STORE_OPEN_FAILED',
      cause: { code: 'GEARMAN_STORE_VERSION' },
    });
  });
});

test.each([
  {},
  { connection: 'postgresql://h/d' },
  { connection: '', server: 'a' },
  { connection: 5, server: 'a' },
  { connection: 'postgresql://h/d', server: '' },
  { connection: 'postgresql://h/d', server: 'a', lease: 499 },
  { connection: 'postgresql://h/d', server: 'a', takeOver: 'yes' },
  { connection: 'postgresql://h/d', server: 'a', schema: 'a"b' },
  { connection: 'postgresql://h/d', server: 'a', prefix: '' },
  { connection: 'postgresql://h/d', server: 'a', table: 'x' },
])('options that are refused: %j', (options) => {
  expect(() => postgresStore(options as never)).toThrow(expect.objectContaining({ code: 'WIRE_INVALID_OPTION' }));
});
