import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { StoredJob } from '@wirewright/gearman';
import { levelStore } from '@wirewright/gearman/store-level';
import { expect, test } from 'vitest';

import { random } from '../support/random.ts';

const EVENTS = { adopted(): void {}, lost(): void {} };
const JOBS = 400;

function job(id: number): StoredJob {
  const empty = Buffer.alloc(0);
  const rest = { priority: 1, when: 0, reducer: undefined, attempts: 0, schedule: '' } as const;
  return { id, handle: `H:t:${id}`, function: empty, unique: empty, payload: Buffer.alloc(100, id % 256), ...rest };
}

/** A store whose jobs lie in a table and in a log. */
async function fill(location: string): Promise<void> {
  for (const [from, to] of [
    [1, 300],
    [301, JOBS],
  ] as const) {
    const store = levelStore({ location });
    await store.open(EVENTS);
    for (let id = from; id < to; id += 20) {
      await store.commit({ put: Array.from({ length: 20 }, (_, i) => job(id + i)), remove: [] });
    }
    if (from === 1) await store.reserve(1000);
    await store.close();
  }
}

/** Changes a byte, cuts off, or overwrites a part of a file. Returns what it did. */
function spoil(path: string, below: (limit: number) => number): string {
  const bytes = readFileSync(path);
  const at = below(bytes.length);
  const how = below(3);
  if (how === 1) {
    truncateSync(path, at);
    return `${path} cut at ${at}`;
  }
  const length = how === 0 ? 1 : 1 + below(4000);
  if (how === 0) bytes[at]! ^= 1 + below(255);
  else bytes.fill(below(256), at, Math.min(bytes.length, at + length));
  writeFileSync(path, bytes);
  return `${path} overwritten at ${at} for ${length}`;
}

test('600 times something is wrong with a file: all jobs are there, or it is told which are not', async () => {
  const base = mkdtempSync(join(tmpdir(), 'wirewright-spoilt-'));
  const whole = join(base, 'whole');
  const spoilt = join(base, 'spoilt');
  await fill(whole);
  const next = random(3);
  const below = (limit: number): number => Math.floor(next() * limit);
  let reported = 0;
  for (let i = 0; i < 600; i++) {
    rmSync(spoilt, { recursive: true, force: true });
    cpSync(whole, spoilt, { recursive: true });
    const files = [
      ...readdirSync(join(spoilt, 'jobs')).map((name) => join(spoilt, 'jobs', name)),
      join(spoilt, 'ledger'),
    ];
    const some = files.filter((path) => !path.endsWith('LOCK') && statSync(path).size > 0);
    const what = spoil(some[below(some.length)]!, below);
    const store = levelStore({ location: spoilt });
    const { jobs, damage } = await store.open(EVENTS);
    expect(await store.reserve(1), what).toBeGreaterThan(JOBS);
    await store.close();
    for (const { id, payload } of jobs) expect(Buffer.compare(payload, job(id).payload), what).toBe(0);
    if (damage === undefined) expect(jobs.length, what).toBe(JOBS);
    else if (!damage.incomplete) expect(jobs.length + damage.missing.length, what).toBe(JOBS);
    if (damage !== undefined) reported++;
  }
  rmSync(base, { recursive: true, force: true });
  expect(reported).toBeGreaterThan(200);
});
