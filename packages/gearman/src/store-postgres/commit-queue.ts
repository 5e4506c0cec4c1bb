import type { JobBatch } from '../store/job-store.ts';
import { bigintArray } from './array-parameters.ts';
import type { Database, Statement } from './database.ts';
import { JOB_COLUMNS, JOB_UPDATES, jobParameters, jobPlaces } from './job-rows.ts';
import type { Lease } from './lease.ts';
import { mergeBatches } from './merge-batches.ts';
import type { PostgresSettings } from './settings.ts';

/** What goes into one transaction at most, if it does not come in one batch: none is to take long, as the lease cannot be renewed meanwhile. */
const MAX_JOBS = 5000;
const MAX_BYTES = 8 * 1024 * 1024;

/** A commit that waits for its turn. */
interface Waiting {
  readonly batch: JobBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits batches in the order they come in, all that comes while one is under way together in the next one. Each has a number, which the
 * lease's row keeps: so one whose answer was lost with the connection is done once, and one that is late never.
 */
export class CommitQueue {
  readonly #database: Database;
  readonly #settings: PostgresSettings;
  readonly #lease: Lease;
  readonly #statements: ReturnType<typeof commitStatements>;
  #number = 0;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined = undefined;

  constructor(database: Database, settings: PostgresSettings, lease: Lease) {
    this.#database = database;
    this.#settings = settings;
    this.#lease = lease;
    this.#statements = commitStatements(settings);
  }

  /** Resolves when the batch is kept; rejects when it is not known whether it is. */
  add(batch: JobBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  /** Resolves when none is under way. */
  async idle(): Promise<void> {
    await this.#committing;
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#commit(mergeBatches(group.map(({ batch }) => batch)));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#committing = undefined;
  }

  #takeGroup(): Waiting[] {
    let jobs = 0;
    let bytes = 0;
    const end = this.#waiting.findIndex(({ batch }) => {
      if (jobs >= MAX_JOBS || bytes >= MAX_BYTES) return true;
      jobs += batch.put.length + batch.remove.length;
      for (const { payload } of batch.put) bytes += payload.length;
      return false;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #commit({ put, remove }: JobBatch): Promise<void> {
    const { server, lease } = this.#settings;
    const number = ++this.#number;
    const values = [server, this.#lease.token, number, lease, bigintArray(remove), ...jobParameters(put)];
    await this.#lease.persist(async (sentAt) => {
      const { rows } = await this.#database.query<{ done: boolean }>(this.#statements.commit, values);
      if (rows[0]?.done === true) this.#lease.extend(sentAt);
      else if (!(await this.#wasDone(number))) {
        this.#lease.lose('somebody else has taken it');
        this.#lease.held();
      }
    });
  }

  /** Whether an attempt has succeeded that seemed to fail. */
  async #wasDone(number: number): Promise<boolean> {
    const values = [this.#settings.server, this.#lease.token];
    const { rows } = await this.#database.query<{ commits: string }>(this.#statements.number, values);
    return Number(rows[0]?.commits) === number;
  }
}

/**
 * One statement, and so one transaction, that does nothing at all unless the lease is ours: whoever takes it over waits for the row, and finds
 * out, as do we.
 */
function commitStatements({ tables: { leases, jobs } }: PostgresSettings): { commit: Statement; number: string } {
  const commit = `
    WITH fence AS (
      UPDATE ${leases} SET commits = $3, expires = clock_timestamp() + $4::double precision * interval '1 millisecond'
      WHERE server = $1 AND token = $2 AND commits < $3 AND expires > clock_timestamp()
      RETURNING server
    ), removed AS (
      DELETE FROM ${jobs} AS job USING fence WHERE job.server = fence.server AND job.id = ANY ($5::bigint[])
    ), kept AS (
      INSERT INTO ${jobs} (server, ${JOB_COLUMNS})
      SELECT fence.server, new.* FROM fence, unnest(${jobPlaces(6)}) AS new
      ON CONFLICT (id) DO UPDATE SET ${JOB_UPDATES}
    )
    SELECT count(*) > 0 AS done FROM fence`;
  return {
    commit: { name: 'wirewright-commit', text: commit },
    number: `SELECT commits FROM ${leases} WHERE server = $1 AND token = $2`,
  };
}
