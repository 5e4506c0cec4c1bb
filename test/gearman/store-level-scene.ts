import { Buffer } from 'node:buffer';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { JobStore, StoredJob, StoredJobs, StoreEvents } from '@wirewright/gearman';
import { levelStore } from '@wirewright/gearman/store-level';

import { afterwards } from './scene.ts';
import { job } from './stored-job.mjs';

/** Of a store that nothing is to be heard of. */
export const EVENTS: StoreEvents = { adopted(): void {}, lost(): void {} };

/** A folder that is there until the end of the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'wirewright-store-'));
  afterwards(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A store that is open until the end of the test. */
export async function opened(location: string): Promise<{ store: JobStore } & StoredJobs> {
  const store = levelStore({ location });
  const had = await store.open(EVENTS);
  afterwards(async () => {
    await store.close();
  });
  return { store, ...had };
}

/** What a store has after it was closed, and what is wrong with it. */
export async function reopened(location: string): Promise<StoredJobs> {
  const { store, jobs, damage } = await opened(location);
  await store.close();
  return { jobs, damage };
}

export const ids = (jobs: readonly StoredJob[]): number[] => jobs.map(({ id }) => id);

/** A store with jobs 1 to `count`, closed; flushed to tables when it is opened once more. */
export async function filled(location: string, count: number): Promise<void> {
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

/** The files of the database whose names match. */
export function files(location: string, pattern: RegExp): string[] {
  const at = join(location, 'jobs');
  return readdirSync(at)
    .filter((name) => pattern.test(name))
    .map((name) => join(at, name));
}

export function largest(paths: readonly string[]): string {
  return paths.reduce((a, b) => (statSync(a).size >= statSync(b).size ? a : b));
}

export function overwrite(path: string, at: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0x5a, at, at + length);
  writeFileSync(path, bytes);
}
