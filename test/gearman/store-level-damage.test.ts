import { Buffer } from 'node:buffer';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import type { StoredJobs } from '@wirewright/gearman';
import { describe, expect, test } from 'vitest';

import { same } from '../support/same.ts';
import { files, filled, folder, ids, largest, opened, overwrite, reopened } from './store-level-scene.ts';
import { job } from './stored-job.mjs';

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
