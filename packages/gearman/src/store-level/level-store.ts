import { mkdirSync } from 'node:fs';

import { StoreClosedError, StoreInUseError, StoreOpenError } from '../store/errors.ts';
import type { JobBatch, JobStore, StoredJobs } from '../store/job-store.ts';
import { COMMIT_KEY, type Database, numberValue, RESERVED_KEY } from './database.ts';
import { FolderLock } from './folder-lock.ts';
import { Ledger, readLedger } from './ledger.ts';
import { openStore } from './open-store.ts';
import { checksumIn, encodeJob, keyOf } from './record.ts';
import { StoreFolder } from './store-folder.ts';

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
  #lock: FolderLock | undefined = undefined;
  #database: Database | undefined = undefined;
  #ledger: Ledger | undefined = undefined;
  #commit = 0;
  #reserved = 0;
  /** The checksums of the records of jobs that are not over. */
  #living = new Map<number, number>();
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined = undefined;

  constructor(location: string, sync: boolean) {
    this.#location = location;
    this.#sync = sync;
  }

  async open(): Promise<StoredJobs> {
    try {
      mkdirSync(this.#location, { recursive: true });
      this.#lock = await FolderLock.acquire(this.#location);
      return await this.#open(new StoreFolder(this.#location));
    } catch (error) {
      await this.close();
      throw error instanceof StoreInUseError ? error : new StoreOpenError(this.#location, error);
    }
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
    const lock = this.#lock;
    this.#lock = undefined;
    await lock?.release();
  }

  async #open(folder: StoreFolder): Promise<StoredJobs> {
    const ledger = readLedger(folder.ledger);
    const { opened, damage } = await openStore(folder, ledger);
    const { database, jobs, checksums, commit } = opened;
    this.#database = database;
    // No number is given out twice, whichever of the places that know it was damaged.
    const highest = jobs.reduce((max, { id }) => Math.max(max, id + 1), 1);
    const noted = (ledger?.entries ?? []).reduce(
      (max, { kept }) => kept.reduce((m, [id]) => Math.max(m, id + 1), max),
      1,
    );
    this.#reserved = Math.max(opened.reserved, ledger?.reserved ?? 1, highest, noted);
    // A number of its own, which the database has first: an entry that was noted and never done is not taken for one that was.
    this.#commit = Math.max(commit, ledger?.done ?? 0, ledger?.entries.at(-1)?.commit ?? 0) + 1;
    await database.put(COMMIT_KEY, numberValue(this.#commit), { sync: true });
    this.#living = checksums;
    this.#ledger = new Ledger(folder.ledger, this.#commit, this.#reserved, this.#living);
    return { jobs, damage };
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
    const kept: (readonly [id: number, checksum: number])[] = [];
    const removed: number[] = [];
    for (const { put, remove } of batches) {
      for (const job of put) {
        const key = keyOf(job.id);
        const record = encodeJob(key, job);
        changes.put(key, record);
        kept.push([job.id, checksumIn(record)]);
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
    for (const [id, checksum] of kept) this.#living.set(id, checksum);
    for (const id of removed) this.#living.delete(id);
    if (ledger.isLong(this.#living.size)) ledger.renew(commit, this.#living);
  }
}
