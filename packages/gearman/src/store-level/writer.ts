import type { JobBatch } from '../store/job-store.ts';
import { COMMIT_KEY, type Database, numberAt, numberValue, openDatabase, RESERVED_KEY } from './database.ts';
import type { Ledger } from './ledger.ts';
import { checksumIn, encodeJob, keyOf } from './record.ts';

/** What one write changes. */
interface Changes {
  readonly commit: number;
  /** Numbers of jobs, and the checksums of their records. */
  readonly kept: (readonly [id: number, checksum: number])[];
  readonly removed: number[];
}

/** What a writer begins with. */
export interface Written {
  readonly folder: string;
  readonly database: Database;
  readonly ledger: Ledger;
  /** The number of the last commit. */
  readonly commit: number;
  /** The checksums of the records of jobs that are not over. */
  readonly living: Map<number, number>;
  /** Whether to wait for the disk. */
  readonly sync: boolean;
}

/** Writes to the database and to the ledger, one commit after the other. */
export class Writer {
  readonly #folder: string;
  readonly #ledger: Ledger;
  readonly #living: Map<number, number>;
  readonly #sync: boolean;
  #database: Database;
  #commit: number;
  #reserved = 0;
  /** The write that has failed, until the database was opened anew. */
  #failed: Changes | undefined = undefined;

  constructor({ folder, database, ledger, commit, living, sync }: Written) {
    this.#folder = folder;
    this.#database = database;
    this.#ledger = ledger;
    this.#commit = commit;
    this.#living = living;
    this.#sync = sync;
  }

  /**
   * Writes what the batches say, and up to which number jobs may be given one. When it fails, it is not known whether it was written; the next
   * call finds out.
   */
  async write(batches: readonly JobBatch[], reserved: number): Promise<void> {
    if (this.#failed !== undefined) await this.#recover(this.#failed);
    const changes: Changes = { commit: ++this.#commit, kept: [], removed: [] };
    try {
      const batch = this.#database.batch();
      gather(batches, changes, batch);
      batch.put(COMMIT_KEY, numberValue(changes.commit));
      batch.put(RESERVED_KEY, numberValue(reserved));
      this.#ledger.note(changes);
      await batch.write({ sync: this.#sync || reserved !== this.#reserved });
      this.#reserved = reserved;
      this.#ledger.done(changes.commit, reserved);
      this.#apply(changes);
      if (this.#ledger.isLong(this.#living.size)) this.#ledger.renew(changes.commit, this.#living);
    } catch (error) {
      this.#failed = changes;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#ledger.close();
    await this.#database.close();
  }

  /**
   * After a write that has failed, the log of LevelDB may end in the middle of a record, and what is written behind that is not read any more. When it is opened anew, it begins
   * another log, and tells whether the write was done.
   */
  async #recover(failed: Changes): Promise<void> {
    await this.#database.close();
    this.#database = await openDatabase(this.#folder);
    if ((await numberAt(this.#database, COMMIT_KEY)) === failed.commit) this.#apply(failed);
    this.#ledger.renew(failed.commit, this.#living);
    this.#failed = undefined;
  }

  #apply({ kept, removed }: Changes): void {
    for (const [id, checksum] of kept) this.#living.set(id, checksum);
    for (const id of removed) this.#living.delete(id);
  }
}

function gather(batches: readonly JobBatch[], { kept, removed }: Changes, batch: ReturnType<Database['batch']>): void {
  for (const { put, remove } of batches) {
    for (const job of put) {
      const key = keyOf(job.id);
      const record = encodeJob(key, job);
      batch.put(key, record);
      kept.push([job.id, checksumIn(record)]);
    }
    for (const id of remove) {
      batch.del(keyOf(id));
      removed.push(id);
    }
  }
}
