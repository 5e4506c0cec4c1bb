import { mkdirSync } from 'node:fs';

import { StoreClosedError, StoreInUseError, StoreOpenError } from '../store/errors.ts';
import type { JobBatch, JobStore, StoredJobs } from '../store/job-store.ts';
import { COMMIT_KEY, numberValue } from './database.ts';
import { FolderLock } from './folder-lock.ts';
import { Ledger, readLedger } from './ledger.ts';
import { openStore } from './open-store.ts';
import { StoreFolder } from './store-folder.ts';
import { Writer } from './writer.ts';

/** A commit that waits for its turn. */
interface Waiting {
  readonly batch: JobBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const NO_CHANGE: JobBatch = { put: [], remove: [] };

/** A store in a folder of its own; {@link levelStore} makes one. */
export class LevelStore implements JobStore {
  readonly #location: string;
  readonly #sync: boolean;
  #lock: FolderLock | undefined = undefined;
  #writer: Writer | undefined = undefined;
  #reserved = 0;
  #opening = false;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined = undefined;

  constructor(location: string, sync: boolean) {
    this.#location = location;
    this.#sync = sync;
  }

  async open(): Promise<StoredJobs> {
    // Or the end of the attempt would end what is open.
    if (this.#opening) throw new StoreInUseError(this.#location, 'it was opened already');
    this.#opening = true;
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
    const first = this.#reserved;
    this.#reserved += count;
    await this.commit(NO_CHANGE);
    return first;
  }

  commit(batch: JobBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      const writer = this.#writer;
      if (writer === undefined) throw new StoreClosedError();
      this.#waiting.push({ batch, resolve, reject });
      this.#committing ??= this.#commitAll(writer);
    });
  }

  async close(): Promise<void> {
    await this.#committing;
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close();
    const lock = this.#lock;
    this.#lock = undefined;
    await lock?.release();
    this.#opening = false;
  }

  async #open(folder: StoreFolder): Promise<StoredJobs> {
    const contents = readLedger(folder.ledger);
    const { opened, damage } = await openStore(folder, contents);
    const { database, jobs, checksums } = opened;
    try {
      // No number is given out twice, whichever of the places that know it was damaged.
      const highest = jobs.reduce((max, { id }) => Math.max(max, id + 1), 1);
      const noted = (contents?.entries ?? []).reduce(
        (max, { kept }) => kept.reduce((m, [id]) => Math.max(m, id + 1), max),
        1,
      );
      this.#reserved = Math.max(opened.reserved, contents?.reserved ?? 1, highest, noted);
      // A number of its own, which the database has first: an entry that was noted and never done is not taken for one that was.
      const commit = Math.max(opened.commit, contents?.done ?? 0, contents?.entries.at(-1)?.commit ?? 0) + 1;
      await database.put(COMMIT_KEY, numberValue(commit), { sync: true });
      const ledger = new Ledger(folder.ledger, commit, this.#reserved, checksums);
      this.#writer = new Writer({ folder: folder.jobs, database, ledger, commit, living: checksums, sync: this.#sync });
      return { jobs, damage };
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** Commits what waits, all that came meanwhile at once, until nothing does. */
  async #commitAll(writer: Writer): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      const batches = waiting.map(({ batch }) => batch);
      try {
        // oxlint-disable-next-line no-await-in-loop -- one at a time, or the ledger would not know which are done
        await writer.write(batches, this.#reserved);
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#committing = undefined;
  }
}
