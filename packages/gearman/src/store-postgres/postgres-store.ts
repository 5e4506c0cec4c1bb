import { StoreClosedError, StoreLostError, StoreOpenError } from '../store/errors.ts';
import type { JobBatch, JobStore, StoredJob, StoredJobs, StoreEvents } from '../store/job-store.ts';
import { Adoption } from './adoption.ts';
import { CommitQueue } from './commit-queue.ts';
import { Database } from './database.ts';
import { JOB_COLUMNS, jobOf, type JobRow } from './job-rows.ts';
import { Lease } from './lease.ts';
import type { PostgresSettings } from './settings.ts';
import { prepareTables } from './tables.ts';

/** The longest that the database may be silent, as a share of the lease. */
const PATIENCE = 1 / 2;

/** Jobs that are read at a time. */
const PAGE = 1000;

/** What there is while the store is open. */
interface Opened {
  readonly database: Database;
  readonly lease: Lease;
  readonly commits: CommitQueue;
  readonly adoption: Adoption;
}

/** The jobs of one server in a database that servers share; {@link postgresStore} makes one. */
export class PostgresStore implements JobStore {
  readonly #settings: PostgresSettings;
  #opened: Opened | undefined = undefined;

  constructor(settings: PostgresSettings) {
    this.#settings = settings;
  }

  async open(events: StoreEvents, signal?: AbortSignal): Promise<StoredJobs> {
    const { connection, lease: duration, place, takeOver } = this.#settings;
    const database = new Database(connection, duration * PATIENCE);
    const lease = new Lease(database, this.#settings, (error) => {
      database.destroy();
      // Who waits for it to be opened is told by that.
      if (this.#opened?.lease === lease) events.lost(error);
    });
    try {
      await prepareTables(database, this.#settings.tables);
      await lease.acquire(signal);
      const jobs = await this.#load(database, lease);
      signal?.throwIfAborted();
      const commits = new CommitQueue(database, this.#settings, lease);
      const adoption = new Adoption(database, this.#settings, lease, (adopted) => events.adopted(adopted));
      this.#opened = { database, lease, commits, adoption };
      if (takeOver) adoption.start();
      return { jobs, damage: undefined };
    } catch (error) {
      await lease.giveUp();
      await database.end();
      if (signal?.aborted === true || error instanceof StoreLostError) throw error;
      throw new StoreOpenError(place, error);
    }
  }

  async reserve(count: number): Promise<number> {
    const { database, lease } = this.#open();
    const { store } = this.#settings.tables;
    // One that is done twice leaves numbers out, which is no harm.
    const { rows } = await lease.persist(() =>
      database.query<{ first: string }>(
        `UPDATE ${store} SET next_id = next_id + $1::bigint RETURNING next_id - $1::bigint AS first`,
        [count],
      ),
    );
    return Number(rows[0]!.first);
  }

  async commit(batch: JobBatch): Promise<void> {
    await this.#open().commits.add(batch);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    const { database, lease, commits, adoption } = opened;
    await adoption.stop();
    await commits.idle();
    await lease.giveUp();
    await database.end();
  }

  #open(): Opened {
    if (this.#opened === undefined) throw new StoreClosedError();
    return this.#opened;
  }

  async #load(database: Database, lease: Lease): Promise<StoredJob[]> {
    const { server, tables } = this.#settings;
    const statement = `SELECT ${JOB_COLUMNS} FROM ${tables.jobs} WHERE server = $1 AND id > $2 ORDER BY id LIMIT ${PAGE}`;
    const jobs: StoredJob[] = [];
    for (;;) {
      const after = jobs.at(-1)?.id ?? 0;
      const { rows } = await lease.persist(() => database.query<JobRow>(statement, [server, after]));
      for (const row of rows) jobs.push(jobOf(row));
      if (rows.length < PAGE) return jobs;
    }
  }
}
