import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { levelStore } from '@wirewright/gearman/store-level';
import { describe, expect, test } from 'vitest';

import { program, Running } from '../support/programs.ts';
import { afterwards } from './scene.ts';
import { EVENTS, files, filled, folder, ids, opened, overwrite, reopened } from './store-level-scene.ts';
import { job } from './stored-job.mjs';

describe('what is kept', () => {
  test('comes back as it was, in the order of the numbers', async () => {
    const location = folder();
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const kept = [
      job(1, { handle: 'x'.repeat(63), function: every, unique: Buffer.from('u\xff', 'latin1'), payload: every }),
      job(2, { priority: 0, when: 1_790_000_000_123, reducer: Buffer.from('sum'), attempts: 7 }),
      job(3, { priority: 2, schedule: '*/5 * * * 1', payload: Buffer.alloc(0), reducer: Buffer.alloc(0) }),
      job(2 ** 40 + 5, { payload: Buffer.alloc(30_000, 7), function: Buffer.alloc(0) }),
      job(2 ** 40 + 6, { function: Buffer.alloc(70_000, 'f'), reducer: Buffer.alloc(0xffff, 'r') }),
    ];
    const { store, jobs, damage } = await opened(location);
    expect({ jobs, damage }).toEqual({ jobs: [], damage: undefined });
    await store.commit({ put: [kept[3]!, kept[1]!], remove: [] });
    await store.commit({ put: [kept[0]!, kept[2]!, kept[4]!], remove: [] });
    await store.close();
    expect(await reopened(location)).toEqual({ jobs: kept, damage: undefined });
  });

  test('changes and goes: the last word counts, and in one batch a removal', async () => {
    const location = folder();
    const { store } = await opened(location);
    await Promise.all([
      store.commit({ put: [job(1), job(2), job(3)], remove: [3] }),
      store.commit({ put: [job(1, { attempts: 1 })], remove: [] }),
      store.commit({ put: [], remove: [2] }),
      store.commit({ put: [job(1, { attempts: 2 })], remove: [99] }),
    ]);
    await store.close();
    expect(await reopened(location)).toEqual({ jobs: [job(1, { attempts: 2 })], damage: undefined });
  });

  test('numbers are never given out twice', async () => {
    const location = folder();
    const first = await opened(location);
    expect(await first.store.reserve(1000)).toBe(1);
    expect(await first.store.reserve(10)).toBe(1001);
    await first.store.close();
    const second = await opened(location);
    expect(await second.store.reserve(1)).toBe(1011);
    await second.store.close();
    // Whichever place forgets it.
    rmSync(join(location, 'ledger'));
    const third = await opened(location);
    expect(await third.store.reserve(1)).toBe(1012);
    await third.store.close();
    rmSync(join(location, 'jobs'), { recursive: true });
    expect(await (await opened(location)).store.reserve(1)).toBe(1013);
  });

  test('commits that come while one is under way are done together, in order, and closing waits for them', async () => {
    const location = folder();
    const { store } = await opened(location);
    const order: number[] = [];
    const all = Array.from({ length: 200 }, (_, i) =>
      store.commit({ put: [job(i + 1)], remove: i > 0 ? [i] : [] }).then(() => order.push(i)),
    );
    await store.close();
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(ids((await reopened(location)).jobs)).toEqual([200]);
  });

  test('a ledger that has grown long is begun anew', async () => {
    const location = folder();
    const { store } = await opened(location);
    const many = Array.from({ length: 60_000 }, (_, i) => job(i + 1, { payload: Buffer.alloc(1) }));
    for (let i = 0; i < 3; i++) {
      await store.commit({ put: many, remove: [] });
      await store.commit({ put: [], remove: many.slice(5).map(({ id }) => id) });
    }
    await store.commit({ put: [job(200_000)], remove: [] });
    expect(statSync(join(location, 'ledger')).size).toBeLessThan(4_000_000);
    await store.close();
    const { jobs, damage } = await reopened(location);
    expect([ids(jobs), damage]).toEqual([[1, 2, 3, 4, 5, 200_000], undefined]);
  });
});

describe('what is refused', () => {
  test('a second server on the same folder', async () => {
    const location = folder();
    const { store } = await opened(location);
    await expect(levelStore({ location }).open(EVENTS)).rejects.toMatchObject({ code: 'GEARMAN_STORE_IN_USE' });
    await store.commit({ put: [job(1)], remove: [] });
    await store.close();
    expect(ids((await reopened(location)).jobs)).toEqual([1]);
  });

  test('a second server, also when the files that the first has are damaged: they are left to that', async () => {
    const location = folder();
    await filled(location, 500);
    const { store } = await opened(location);
    for (const file of files(location, /\.ldb$|^CURRENT$/)) overwrite(file, 5, 5);
    const names = readdirSync(join(location, 'jobs'));
    await expect(levelStore({ location }).open(EVENTS)).rejects.toMatchObject({ code: 'GEARMAN_STORE_IN_USE' });
    expect(readdirSync(join(location, 'jobs'))).toEqual(names);
    expect(new Set(readdirSync(location))).toEqual(new Set(['jobs', 'ledger', 'lock']));
    await store.close();
  });

  test('nobody, because the files of the lock are damaged', async () => {
    const location = folder();
    await filled(location, 10);
    for (const file of readdirSync(join(location, 'lock'))) writeFileSync(join(location, 'lock', file), 'nonsense');
    expect(ids((await reopened(location)).jobs)).toHaveLength(10);
  });

  test('a folder that cannot be made, and what is asked of a store that is not open', async () => {
    const location = folder();
    writeFileSync(join(location, 'file'), '');
    await expect(levelStore({ location: join(location, 'file', 'x') }).open(EVENTS)).rejects.toMatchObject({
      code: 'GEARMAN_STORE_OPEN_FAILED',
    });
    const store = levelStore({ location });
    await expect(store.commit({ put: [], remove: [] })).rejects.toMatchObject({ code: 'GEARMAN_STORE_CLOSED' });
    await expect(store.reserve(1)).rejects.toMatchObject({ code: 'GEARMAN_STORE_CLOSED' });
  });

  test.each([{ location: '' }, {}, { location: 'x', sync: 'maybe' }, { location: 'x', path: 'y' }])(
    'options: %j',
    (options) => {
      expect(() => levelStore(options as never)).toThrow(expect.objectContaining({ code: 'WIRE_INVALID_OPTION' }));
    },
  );
});

test('a process that is killed while it writes has lost nothing that was acknowledged, and nothing is wrong with what is left', async () => {
  const location = folder();
  const living = new Set<number>();
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'level-writer.mjs'), location]);
    let text = '';
    let errors = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (errors += chunk));
    await expect.poll(() => text.length > 20_000 || errors).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lines = text.slice(0, text.lastIndexOf('\n')).split('\n').map(Number);
    for (const id of lines) if (id > 0) living.add(id);
    const { jobs, damage } = await reopened(location);
    expect(damage).toBeUndefined();
    const has = new Set(ids(jobs));
    expect([...living].filter((id) => !has.has(id))).toEqual([]);
    expect(lines.filter((id) => id < 0 && has.has(-id))).toEqual([]);
    for (const { id, payload } of jobs) expect(payload.toString()).toBe(`payload ${id}`);
  }
  expect(living.size).toBeGreaterThan(3000);
});

const prlimit = program('prlimit', 'util-linux');

test.skipIf(prlimit === undefined)(
  'a disk that is full refuses jobs, and takes them again when there is room',
  async () => {
    const location = folder();
    const script = join(import.meta.dirname, 'level-full.mjs');
    // A limit for files stands for the disk.
    const child = new Running(prlimit!, ['--fsize=300000:unlimited', process.execPath, script, location]);
    afterwards(() => child.destroy());
    await child.says(/full\n/);
    execFileSync(prlimit!, ['--pid', String(child.process.pid), '--fsize=unlimited']);
    child.say('go on\n');
    expect(await child.ended).toBe(0);
    const { acknowledged, reserved } = JSON.parse(child.output.split('\n')[1]!) as {
      acknowledged: number[];
      reserved: number;
    };
    expect(acknowledged.length).toBeGreaterThan(16 * 50);
    const { jobs, damage } = await reopened(location);
    expect(damage).toBeUndefined();
    const has = new Set(ids(jobs));
    expect(acknowledged.filter((id) => !has.has(id))).toEqual([]);
    expect(await (await opened(location)).store.reserve(1)).toBe(reserved + 1);
  },
);
