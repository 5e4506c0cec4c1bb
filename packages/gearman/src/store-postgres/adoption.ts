import { describeCause } from '@wirewright/core';
import type { ClientBase } from 'pg';

import type { StoredJob } from '../store/job-store.ts';
import type { Database } from './database.ts';
import { isTransient } from './is-transient.ts';
import { JOB_COLUMNS, jobOf, type JobRow } from './job-rows.ts';
import type { Lease } from './lease.ts';
import type { PostgresSettings } from './settings.ts';

/** How often it is looked for servers that died, as a share of the lease. */
const INTERVAL = 1 / 4;

/** Jobs that are taken over in one transaction, and ms that it may take: so much longer than it does that it is not begun again and again. */
const MAX_JOBS = 1000;
const PATIENCE = 60_000;

/** Jobs that were taken over, if the transaction has succeeded. */
interface Taken {
  readonly jobs: readonly StoredJob[];
  readonly transaction: string;
}

/** Takes over the jobs of servers whose leases have ended. */
export class Adoption {
  readonly #database: Database;
  readonly #settings: PostgresSettings;
  readonly #lease: Lease;
  readonly #onAdopted: (jobs: readonly StoredJob[]) => void;
  readonly #statements: ReturnType<typeof adoptionStatements>;
  /** What was taken when the connection was lost, and nobody knows whether it is ours. */
  #uncertain: Taken[] = [];
  #timer: NodeJS.Timeout | undefined = undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #warned = '';

  constructor(
    database: Database,
    settings: PostgresSettings,
    lease: Lease,
    onAdopted: (jobs: readonly StoredJob[]) => void,
  ) {
    this.#database = database;
    this.#settings = settings;
    this.#lease = lease;
    this.#onAdopted = onAdopted;
    this.#statements = adoptionStatements(settings);
  }

  /** Looks at once, and then again and again. */
  start(): void {
    this.#looking = this.#look();
  }

  /** Resolves when none is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      await this.#settle();
      while (!this.#stopped && (await this.#adoptSome()));
    } catch (error) {
      if (!isTransient(error)) this.#warn(error);
    }
    if (!this.#stopped) this.#timer = setTimeout(() => this.start(), this.#settings.lease * INTERVAL);
  }

  /** Takes over some jobs. Resolves with false when there is nobody who has died. */
  async #adoptSome(): Promise<boolean> {
    const { server } = this.#settings;
    const { rowCount } = await this.#database.query(this.#statements.look, [server]);
    if (rowCount === 0) return false;
    const taken = await this.#database.use((client) => this.#transact(client), PATIENCE);
    if (taken === undefined) return false;
    this.#tell(taken);
    return true;
  }

  async #transact(client: ClientBase): Promise<Taken | undefined> {
    const { server } = this.#settings;
    // Each statement is to see what was committed before it: the last commit of who died is waited for at its lease, and found after that.
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const { rows: dead } = await client.query<{ server: string }>(this.#statements.lock, [server]);
    const from = dead[0]?.server;
    const moved = from === undefined ? undefined : await this.#move(client, from);
    if (moved === undefined) {
      await client.query('ROLLBACK');
      return undefined;
    }
    try {
      await client.query('COMMIT');
    } catch (error) {
      this.#uncertain.push(moved);
      throw error;
    }
    return moved;
  }

  async #move(client: ClientBase, from: string): Promise<Taken | undefined> {
    const { server } = this.#settings;
    const { rows } = await client.query<JobRow>(this.#statements.move, [server, from]);
    if (rows.length < MAX_JOBS) await client.query(this.#statements.bury, [from]);
    const ours = await client.query<{ transaction: string }>(this.#statements.held, [server, this.#lease.token]);
    const transaction = ours.rows[0]?.transaction;
    if (transaction === undefined) return undefined;
    return { jobs: rows.map(jobOf), transaction };
  }

  /** Asks what has become of transactions whose end was lost with the connection. */
  async #settle(): Promise<void> {
    for (const taken of this.#uncertain) {
      const { rows } = await this.#database.query<{ status: string | null }>(this.#statements.status, [
        taken.transaction,
      ]);
      const status = rows[0]?.status;
      if (status === 'in progress') continue;
      this.#uncertain = this.#uncertain.filter((other) => other !== taken);
      if (status === 'committed') this.#tell(taken);
    }
  }

  #tell({ jobs }: Taken): void {
    // Closing, it leaves them to the next one.
    if (jobs.length > 0 && !this.#stopped) this.#onAdopted(jobs);
  }

  #warn(error: unknown): void {
    const text = `jobs of servers that died cannot be taken over: ${describeCause(error)}`;
    if (text !== this.#warned) process.emitWarning(text);
    this.#warned = text;
  }
}

function adoptionStatements({
  tables: { leases, jobs },
}: PostgresSettings): Record<'look' | 'lock' | 'move' | 'bury' | 'held' | 'status', string> {
  const look = `SELECT server FROM ${leases} WHERE expires <= clock_timestamp() AND server <> $1 LIMIT 1`;
  return {
    look,
    // One that is locked takes part in a commit, or is being taken over by another.
    lock: `${look} FOR UPDATE SKIP LOCKED`,
    move: `
      WITH moved AS (
        UPDATE ${jobs} SET server = $1
        WHERE id = ANY (ARRAY(SELECT id FROM ${jobs} WHERE server = $2 ORDER BY id LIMIT ${MAX_JOBS}))
        RETURNING ${JOB_COLUMNS}
      )
      SELECT * FROM moved ORDER BY id`,
    bury: `DELETE FROM ${leases} WHERE server = $1 AND NOT EXISTS (SELECT FROM ${jobs} WHERE server = $1)`,
    // Held until the end of the transaction, so that nobody takes our jobs over without those that we have just got.
    held: `
      SELECT txid_current()::text AS transaction FROM ${leases}
      WHERE server = $1 AND token = $2 AND expires > clock_timestamp() FOR SHARE`,
    status: `SELECT txid_status($1::bigint) AS status`,
  };
}
