import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { JobStore, StoredJob, StoredJobs } from '@wirewright/gearman';
import { levelStore } from '@wirewright/gearman/store-level';
import { describe, expect, test } from 'vitest';

import { program, Running } from '../support/programs.ts';
import { same } from '../support/same.ts';
import { afterwards } from './scene.ts';

const EVENTS = { adopted(): void {}, lost(): void {} };

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'wirewright-store-'));
  afterwards(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function job(id: number, fields: Partial<StoredJob> = {}): StoredJob {
  return {
    id,
    handle: `H:t:${id}`,
    function: Buffer.from('f'),
    unique: Buffer.alloc(0),
    payload: Buffer.from(`payload ${id}`),
    priority: 1,
    when: 0,
    reducer: undefined,
    attempts: 0,
    schedule: '',
    ...fields,
  };
}

async function opened(location: string): Promise<{ store: JobStore } & StoredJobs> {
  const store = levelStore({ location });
  const had = await store.open(EVENTS);
  afterwards(async () => {
    await store.close();
  });
  return { store, ...had };
}

/** What a store has after it was closed, and what is wrong with it. */
async function reopened(location: string): Promise<StoredJobs> {
  const { store, jobs, damage } = await opened(location);
  await store.close();
  return { jobs, damage };
}

const ids = (jobs: readonly StoredJob[]): number[] => jobs.map(({ id }) => id);

/** A store with jobs 1 to `count`, closed; flushed to tables when it is opened once more. */
async function filled(location: string, count: number): Promise<void> {
  const { store } = await opened(location);
  await store.reserve(count + 10);
  for (let id = 1; id <= count; id += 100) {
    const put = Array.from({ length: Math.min(100, count - id + 1) }, (_, i) =>
      job(id + i, { payload: Buffer.alloc(200, `${id + i}.`) }),
    );
    await store.commit({ put, remove: [] });
  }
  await store.close();
}

function files(location: string, pattern: RegExp): string[] {
  const at = join(location, 'jobs');
  return readdirSync(at)
    .filter((name) => pattern.test(name))
    .map((name) => join(at, name));
}

function largest(paths: readonly string[]): string {
  return paths.reduce((a, b) => (statSync(a).size >= statSync(b).size ? a : b));
}

function overwrite(path: string, at: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0x5a, at, at + length);
  writeFileSync(path, bytes);
}

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

describe('a process that died while it opened the store', () => {
  test('had put all that it could read into a new database, and not yet put that into its place', async () => {
    const location = folder();
    await filled(location, 50);
    renameSync(join(location, 'jobs'), join(location, 'jobs.ready'));
    mkdirSync(join(location, 'jobs'));
    writeFileSync(join(location, 'jobs', 'CURRENT'), 'nonsense');
    const { jobs, damage } = await reopened(location);
    expect([ids(jobs).length, damage]).toEqual([50, undefined]);
    expect(existsSync(join(location, 'jobs.ready'))).toBe(false);
  });

  test('was writing a table, and keeping the files', async () => {
    const location = folder();
    await filled(location, 50);
    await reopened(location);
    const table = largest(files(location, /\.ldb$/));
    // LevelDB was given no time to name it in the MANIFEST.
    writeFileSync(join(location, 'jobs', '000099.ldb'), readFileSync(table).subarray(0, 1000));
    mkdirSync(join(location, 'jobs.keeping'));
    const { jobs, damage } = await reopened(location);
    expect([ids(jobs).length, damage]).toEqual([50, undefined]);
    expect(new Set(readdirSync(location))).toEqual(new Set(['jobs', 'ledger', 'lock']));
  });

  test('was making a new database', async () => {
    const location = folder();
    await filled(location, 50);
    mkdirSync(join(location, 'jobs.new'));
    writeFileSync(join(location, 'jobs.new', 'CURRENT'), 'nonsense');
    const { jobs, damage } = await reopened(location);
    expect([ids(jobs).length, damage]).toEqual([50, undefined]);
    expect(existsSync(join(location, 'jobs.new'))).toBe(false);
  });

  test('had LevelDB remove what it no longer knew of', async () => {
    const location = folder();
    await filled(location, 50);
    cpSync(join(location, 'jobs'), join(location, 'jobs.before'), { recursive: true });
    for (const file of files(location, /\.(log|ldb)$/)) rmSync(file);
    const { jobs, damage } = await reopened(location);
    expect(ids(jobs)).toHaveLength(50);
    expect(damage).toMatchObject({ missing: [], incomplete: false });
    expect(existsSync(join(location, 'jobs.before'))).toBe(false);
  });
});

test('what a process that was killed while it cleared up has left is taken for no damage', async () => {
  const location = folder();
  await filled(location, 50);
  const left = join(location, 'jobs.forgotten');
  cpSync(join(location, 'jobs'), left, { recursive: true });
  rmSync(join(left, 'CURRENT'));
  const { jobs, damage } = await reopened(location);
  expect([ids(jobs).length, damage]).toEqual([50, undefined]);
  expect(new Set(readdirSync(location))).toEqual(new Set(['jobs', 'ledger', 'lock']));
});

describe('damage is told, whatever it is', () => {
  const COUNT = 2000;

  /** What is there and what is told to be missing are all that there was. */
  function account({ jobs, damage }: StoredJobs): { missing: readonly number[]; detail: string; incomplete: boolean } {
    const { missing, incomplete, detail } = damage!;
    for (const { id, payload } of jobs) same(payload, Buffer.alloc(200, `${id}.`));
    if (!incomplete) {
      const all = [...ids(jobs), ...missing];
      expect(all).toHaveLength(COUNT);
      expect(new Set(all)).toEqual(new Set(range(1, COUNT)));
    }
    return { missing, detail, incomplete };
  }

  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  test('a log that was cut short', async () => {
    const location = folder();
    await filled(location, COUNT);
    const log = largest(files(location, /\.log$/));
    truncateSync(log, Math.floor(statSync(log).size * 0.6));
    const { missing, detail } = account(await reopened(location));
    expect(missing.at(-1)).toBe(COUNT);
    expect(missing.length).toBeGreaterThan(100);
    expect(detail).toMatch(/the last \d+ commits are missing/);
    // Told once, and then it is as it is.
    expect((await reopened(location)).damage).toBeUndefined();
  });

  test('the end of a log alone', async () => {
    const location = folder();
    await filled(location, COUNT);
    const log = largest(files(location, /\.log$/));
    truncateSync(log, statSync(log).size - 1);
    expect(account(await reopened(location)).missing).toEqual(range(COUNT - 99, COUNT));
  });

  test('a log that was overwritten in the middle', async () => {
    const location = folder();
    await filled(location, COUNT);
    const log = largest(files(location, /\.log$/));
    overwrite(log, Math.floor(statSync(log).size / 2), 10_000);
    expect(account(await reopened(location)).missing.length).toBeGreaterThan(50);
  });

  test('a table that was overwritten in the middle, or cut short', async () => {
    for (const how of ['byte', 'block', 'cut'] as const) {
      const location = folder();
      await filled(location, COUNT);
      // Opened once more, the log becomes a table.
      await reopened(location);
      const table = largest(files(location, /\.ldb$/));
      const { size } = statSync(table);
      if (how === 'byte') overwrite(table, Math.floor(size / 2), 1);
      else if (how === 'block') overwrite(table, Math.floor(size / 3), 20_000);
      else truncateSync(table, Math.floor(size / 2));
      const { missing, detail } = account(await reopened(location));
      expect(missing.length).toBeGreaterThan(0);
      // What lies in the other blocks is saved.
      expect(detail).toMatch(/a new database was made of all that can be read/);
      if (how === 'byte') expect(missing.length).toBeLessThan(50);
      expect((await reopened(location)).damage).toBeUndefined();
    }
  });

  test('any byte of a table, wherever it is: never the end of the process', async () => {
    const location = folder();
    await filled(location, 60);
    await reopened(location);
    const whole = readFileSync(largest(files(location, /\.ldb$/)));
    // Index, meta index and footer are the last of it.
    const places = Array.from({ length: 40 }, (_, i) => whole.length - 1 - i * 7).filter((at) => at >= 0);
    for (const at of places) {
      const copy = folder();
      cpSync(location, copy, { recursive: true });
      overwrite(largest(files(copy, /\.ldb$/)), at, 1);
      const { jobs, damage } = await reopened(copy);
      if (damage === undefined) expect(ids(jobs)).toEqual(range(1, 60));
      else expect(jobs.length + damage.missing.length).toBe(60);
    }
  });

  test.each([/^CURRENT$/, /^MANIFEST/])('the loss of %s: what can be repaired is', async (pattern) => {
    const location = folder();
    await filled(location, COUNT);
    await reopened(location);
    for (const file of files(location, pattern)) rmSync(file);
    const had = await reopened(location);
    expect(ids(had.jobs)).toEqual(range(1, COUNT));
    expect(account(had).detail).toMatch(/a new database was made of all that can be read, .*damaged/);
  });

  test.each([/^CURRENT$/, /^MANIFEST/])('nonsense in %s', async (pattern) => {
    const location = folder();
    await filled(location, COUNT);
    for (const file of files(location, pattern)) writeFileSync(file, Buffer.alloc(300, 'nonsense'));
    account(await reopened(location));
  });

  test('of a table, only what was in the damaged block is missing, and nothing when it was the index', async () => {
    for (const { from, most } of [
      { from: 0.5, most: 50 },
      { from: 'index', most: 0 },
    ] as const) {
      const location = folder();
      await filled(location, COUNT);
      await reopened(location);
      const table = largest(files(location, /\.ldb$/));
      const { size } = statSync(table);
      // The index lies in front of the footer of 48 bytes.
      if (from === 'index') overwrite(table, size - 48 - 500, 400);
      else overwrite(table, Math.floor(size * from), 16);
      const had = await reopened(location);
      const { missing, detail } = account(had);
      expect(missing.length).toBeLessThanOrEqual(most);
      expect(had.jobs.length).toBeGreaterThanOrEqual(COUNT - most);
      expect(detail).toMatch(/\d+\.ldb is damaged; \d+\.ldb cannot be read in 1 place/);
      // What was made of it has all that was left, and nothing is wrong with it.
      expect(await reopened(location)).toEqual({ jobs: had.jobs, damage: undefined });
    }
  });

  test('a MANIFEST that was cut short, by which LevelDB removes tables that it should have', async () => {
    const location = folder();
    const { store } = await opened(location);
    // Enough for several tables while it is open.
    for (let id = 1; id <= COUNT; id += 100) {
      const put = Array.from({ length: 100 }, (_, i) => job(id + i, { payload: Buffer.alloc(6000, `${id + i}.`) }));
      await store.commit({ put, remove: [] });
    }
    await store.close();
    const [manifest] = files(location, /^MANIFEST/);
    truncateSync(manifest!, Math.floor(statSync(manifest!).size * 0.6));
    const { jobs, damage } = await reopened(location);
    expect(ids(jobs)).toEqual(range(1, COUNT));
    expect(damage).toMatchObject({ missing: [], incomplete: false });
  });

  test('a change of a job is missing, and the job is not', async () => {
    const location = folder();
    await filled(location, 100);
    const { store } = await opened(location);
    await store.commit({ put: [job(7, { attempts: 3 })], remove: [] });
    await store.commit({ put: [job(101, { payload: Buffer.alloc(200, '101.') })], remove: [] });
    await store.close();
    const log = largest(files(location, /\.log$/));
    // In front of both is what the store writes when it is opened; the header of the first is damaged, and with it the rest of the block.
    overwrite(log, readFileSync(log).indexOf('H:t:7'), 1);
    const { jobs, damage } = await reopened(location);
    expect(jobs.find(({ id }) => id === 7)).toMatchObject({ attempts: 0 });
    expect(damage!.detail).toMatch(/1 jobs are as they were before they changed the last time/);
    expect(damage).toMatchObject({ missing: [101], incomplete: false });
  });

  test('the loss of a table, and of everything', async () => {
    const location = folder();
    await filled(location, COUNT);
    await reopened(location);
    for (const file of files(location, /\.ldb$/)) rmSync(file);
    account(await reopened(location));
    const empty = folder();
    await filled(empty, COUNT);
    rmSync(join(empty, 'jobs'), { recursive: true });
    const { jobs, damage } = await reopened(empty);
    expect(jobs).toEqual([]);
    expect(damage).toMatchObject({ missing: range(1, COUNT), incomplete: false });
  });

  test('jobs that were over and are back', async () => {
    const location = folder();
    await filled(location, 100);
    const { store } = await opened(location);
    await store.commit({ put: [], remove: [5, 6] });
    await store.close();
    const log = largest(files(location, /\.log$/));
    truncateSync(log, 0);
    const { jobs, damage } = await reopened(location);
    expect(jobs).toHaveLength(100);
    expect(damage).toMatchObject({ missing: [], returned: [5, 6], detail: expect.stringContaining('run again') });
  });

  test('of the ledger', async () => {
    for (const spoil of [
      (path: string) => rmSync(path),
      (path: string) => truncateSync(path, 10),
      (path: string) => overwrite(path, 0, 24),
      (path: string) => truncateSync(path, statSync(path).size - 20),
    ]) {
      const location = folder();
      await filled(location, COUNT);
      spoil(join(location, 'ledger'));
      const { jobs, damage } = await reopened(location);
      expect(ids(jobs)).toEqual(range(1, COUNT));
      // A ledger that ends early may just not have reached the disk when the power went: then the database is right.
      if (damage !== undefined) expect(damage).toMatchObject({ missing: [], incomplete: true });
    }
  });
});
