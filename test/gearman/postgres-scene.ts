import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

import type { JobStore, StoredJob, StoredJobs, StoreEvents } from '@wirewright/gearman';
import { postgresStore, type PostgresStoreOptions } from '@wirewright/gearman/store-postgres';
import { Client, type PoolConfig } from 'pg';
import { expect } from 'vitest';

import { Postgres } from '../support/postgres.ts';
import { afterwards } from './scene.ts';

/** The cluster of all tests in a file; undefined when PostgreSQL is not installed. */
export const postgres: Postgres | undefined = await Postgres.start();

/** Milliseconds of the leases in tests: short to wait for, and long enough for a machine that is busy. */
export const LEASE = 3000;

export const ids = (jobs: readonly StoredJob[]): number[] => jobs.map(({ id }) => id);

/** What a store has told of its own accord. */
export class Told implements StoreEvents {
  readonly adoptions: (readonly StoredJob[])[] = [];
  readonly losses: Error[] = [];

  adopted(jobs: readonly StoredJob[]): void {
    this.adoptions.push(jobs);
  }

  lost(error: Error): void {
    this.losses.push(error);
  }

  get adoptedIds(): number[] {
    return ids(this.adoptions.flat());
  }
}

let places = 0;

/** A schema that nobody has used. */
export function freeSchema(): string {
  return `s${++places}`;
}

export function storeAt(schema: string, options: Partial<PostgresStoreOptions> = {}): JobStore {
  return postgresStore({ connection: postgres!.connection, server: 'a', lease: LEASE, schema, ...options });
}

/** A store that is open until the end of the test. */
export async function opened(
  schema: string,
  options: Partial<PostgresStoreOptions> = {},
): Promise<{ readonly store: JobStore; readonly told: Told } & StoredJobs> {
  const store = storeAt(schema, options);
  const told = new Told();
  const had = await store.open(told);
  afterwards(async () => {
    await store.close();
  });
  return { store, told, ...had };
}

/** Looks into the database past all stores. */
export async function look<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: postgres!.connection });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Ends every connection to the database but the one that this is asked on. Resolves with how many there were. */
export async function terminateAll(): Promise<number> {
  const ended = await look(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  );
  return ended.length;
}

/** The numbers of the jobs that are kept under a name. */
export async function kept(schema: string, server: string): Promise<number[]> {
  const rows = await look<{ id: string }>(`SELECT id FROM ${schema}.wirewright_jobs WHERE server = $1 ORDER BY id`, [
    server,
  ]);
  return rows.map(({ id }) => Number(id));
}

/** Holds up whatever is to be committed after it has done something to a table; see {@link holdUp}. */
export interface HoldUp {
  /** Resolves with the processes that are held up, once there are some. */
  held(): Promise<number[]>;
  /** Lets them go on, and all that come. */
  release(): Promise<void>;
}

/** Has every transaction that does `what` to a table held up when it commits, and only then. */
export async function holdUp(schema: string, table: string, what: 'INSERT' | 'DELETE'): Promise<HoldUp> {
  const key = Number(schema.slice(1));
  const client = new Client({ connectionString: postgres!.connection });
  await client.connect();
  afterwards(() => client.end());
  await client.query(`
    SELECT pg_advisory_lock(${key});
    CREATE FUNCTION ${schema}.hold_up() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${key}); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER hold_up AFTER ${what} ON ${schema}.${table} DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION ${schema}.hold_up()`);
  const waiting = async (): Promise<number[]> => {
    const found = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${key} AND NOT granted`,
    );
    return found.rows.map(({ pid }) => pid);
  };
  return {
    async held() {
      await expect.poll(waiting).not.toEqual([]);
      return waiting();
    },
    async release() {
      await client.query(`SELECT pg_advisory_unlock(${key})`);
    },
  };
}

/** Sockets of a store, which a test can break off: the database does not hear of that before it answers. */
export class Sockets {
  readonly #sockets: Socket[] = [];

  get connection(): PoolConfig {
    return {
      connectionString: postgres!.connection,
      stream: () => {
        const socket = new Socket();
        this.#sockets.push(socket);
        return socket;
      },
    };
  }

  breakOff(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }
}

/** What a server says when it is ready for the first time, and what it says when it ends a connection (PostgreSQL, "Message Formats"). */
const READY = Buffer.from('Z\0\0\0\x05I');
const FATAL = Buffer.from('E\0\0\0\x19SFATAL\0C57P01\0Mgone\0\0');

/** A socket on which the server ends the connection in the moment it is ready, and in the same chunk. */
export class DoomedSocket extends Socket {
  override push(chunk: Buffer | null): boolean {
    const doomed = chunk?.subarray(-READY.length).equals(READY) === true;
    return super.push(doomed ? Buffer.concat([chunk, FATAL]) : chunk);
  }
}

/** A process of its own that speaks in lines of JSON. */
export class Actor {
  readonly child: ChildProcess;
  readonly #lines: Interface;
  readonly #said: unknown[] = [];

  constructor(script: string, ...args: readonly string[]) {
    this.child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.child.stdout! });
    this.#lines.on('line', (line) => this.#said.push(JSON.parse(line)));
    afterwards(() => this.child.kill('SIGKILL'));
  }

  /** Sends it a line. */
  tell(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  /** What it says next. */
  async says(): Promise<unknown> {
    if (this.#said.length === 0) await once(this.#lines, 'line');
    return this.#said.shift();
  }
}
