import type { Buffer } from 'node:buffer';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { StoreClosedError, StoreInUseError, StoreOpenError } from '../store/errors.ts';
import type { JobBatch, JobStore, StoredJob, StoredJobs } from '../store/job-store.ts';
import { COMMIT_KEY, type Database, numberValue, openDatabase, type Opened, RESERVED_KEY } from './database.ts';
import { findDamage } from './find-damage.ts';
import { Ledger, readLedger } from './ledger.ts';
import { encodeJob, FIRST_KEY, idOf, keyOf, LAST_KEY } from './record.ts';

/** A commit that waits for its turn. */
interface Waiting {
  readonly batch: JobBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A store in a folder of its own; {@link levelStore} makes one. */
export class LevelStore implements JobStore {
  readonly #location: string;
  readonly #sync: boolean;
  #database: Database | undefined = undefined;
  #ledger: Ledger | undefined = undefined;
  #commit = 0;
  #reserved = 0;
  #living = 0;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined = undefined;

  constructor(location: string, sync: boolean) {
    this.#location = location;
    this.#sync = sync;
  }

  async open(): Promise<StoredJobs> {
    const path = join(this.#location, 'ledger');
    let opened: Opened;
    try {
      mkdirSync(this.#location, { recursive: true });
      opened = await openDatabase(join(this.#location, 'jobs'));
    } catch (error) {
      throw error instanceof StoreInUseError ? error : new StoreOpenError(this.#location, error);
    }
    const { database, commit } = opened;
    const ledger = readLedger(path);
    const { damage, saved } = findDamage(opened, ledger);
    const jobs = saved.length === 0 ? opened.jobs : inOrder([...opened.jobs, ...saved]);
    if (saved.length > 0) await database.batch(saved.map(putOf), { sync: true });
    // No number is given out twice, whichever of the places that know it was damaged.
    const highest = jobs.reduce((max, { id }) => Math.max(max, id + 1), 1);
    const noted = (ledger?.entries ?? []).reduce(
      (max, { kept }) => kept.reduce((m, id) => Math.max(m, id + 1), max),
      1,
    );
    this.#reserved = Math.max(opened.reserved, ledger?.reserved ?? 1, highest, noted);
    // A number of its own, which the database has first: an entry that was noted and never done is not taken for one that was.
    this.#commit = Math.max(commit, ledger?.done ?? 0, ledger?.entries.at(-1)?.commit ?? 0) + 1;
    await database.put(COMMIT_KEY, numberValue(this.#commit), { sync: true });
    this.#living = jobs.length;
    this.#ledger = new Ledger(path, this.#commit, this.#reserved, jobs.map(numberOf));
    this.#database = database;
    return { jobs, damage };
  }

  async reserve(count: number): Promise<number> {
    const { database, ledger } = this.#opened();
    const first = this.#reserved;
    this.#reserved += count;
    ledger.reserve(this.#reserved);
    await database.put(RESERVED_KEY, numberValue(this.#reserved), { sync: true });
    return first;
  }

  commit(batch: JobBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opened();
      this.#waiting.push({ batch, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  async close(): Promise<void> {
    await this.#committing;
    const database = this.#database;
    this.#database = undefined;
    this.#ledger?.close();
    this.#ledger = undefined;
    await database?.close();
  }

  #opened(): { readonly database: Database; readonly ledger: Ledger } {
    if (this.#database === undefined || this.#ledger === undefined) throw new StoreClosedError();
    return { database: this.#database, ledger: this.#ledger };
  }

  /** Commits what waits, all that came meanwhile at once, until nothing does. */
  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      try {
        // oxlint-disable-next-line no-await-in-loop -- one at a time, or the ledger would not know which are done
        await this.#commitThese(waiting.map(({ batch }) => batch));
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#committing = undefined;
  }

  async #commitThese(batches: readonly JobBatch[]): Promise<void> {
    const { database, ledger } = this.#opened();
    const commit = ++this.#commit;
    const changes = database.batch();
    const kept: number[] = [];
    const removed: number[] = [];
    for (const { put, remove } of batches) {
      for (const job of put) {
        const key = keyOf(job.id);
        changes.put(key, encodeJob(key, job));
        kept.push(job.id);
      }
      for (const id of remove) {
        changes.del(keyOf(id));
        removed.push(id);
      }
    }
    changes.put(COMMIT_KEY, numberValue(commit));
    ledger.note({ commit, kept, removed });
    await changes.write({ sync: this.#sync });
    ledger.done(commit);
    this.#living = Math.max(0, this.#living + kept.length - removed.length);
    if (ledger.isLong(this.#living)) await this.#renew(database, ledger, commit);
  }

  async #renew(database: Database, ledger: Ledger, commit: number): Promise<void> {
    const living: number[] = [];
    for await (const key of database.keys({ gte: FIRST_KEY, lt: LAST_KEY })) living.push(idOf(key)!);
    this.#living = living.length;
    ledger.renew(commit, living);
  }
}

function inOrder(jobs: StoredJob[]): StoredJob[] {
  // oxlint-disable-next-line unicorn/no-array-sort -- it is the caller's own
  return jobs.sort((a, b) => a.id - b.id);
}

function putOf(job: StoredJob): { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer } {
  const key = keyOf(job.id);
  return { type: 'put', key, value: encodeJob(key, job) };
}

function numberOf({ id }: StoredJob): number {
  return id;
}
