import { InvalidOptionError } from '@wirewright/core';
import { booleanOption, integerOption, knownOptions } from '@wirewright/core/codec';
import type { PoolConfig } from 'pg';

import type { JobStore } from '../store/job-store.ts';
import { placeOf } from './database.ts';
import { PostgresStore } from './postgres-store.ts';
import { tablesOf } from './tables.ts';

export { StoreClosedError, StoreLostError, StoreOpenError } from '../store/errors.ts';

/** The lease is at least so long, in ms, so that it can be renewed in time. */
const MIN_LEASE = 500;
const MAX_LEASE = 24 * 60 * 60 * 1000;

/** Where the store is, and how servers share it. */
export interface PostgresStoreOptions {
  /** Where the database is: `postgresql://user:password@host/database`, or what `pg` takes for a pool. */
  readonly connection: string | PoolConfig;
  /**
   * The name that this server's jobs are kept under, 1 to 200 letters: its own, and the same after a restart. A second server with the name waits
   * until the first one has ended.
   */
  readonly server: string;
  /** Milliseconds for which a server has its jobs without a word to the database; after that, others take them over. Default 10,000. */
  readonly lease?: number | undefined;
  /** Whether the jobs of servers that died are taken over. Default true. */
  readonly takeOver?: boolean | undefined;
  /** The schema of the tables, made when it is not there. Default the one that the database takes. */
  readonly schema?: string | undefined;
  /** What the names of the tables begin with. Default `wirewright_`. */
  readonly prefix?: string | undefined;
}

/**
 * A store that several job servers share, in PostgreSQL, by pg: each has jobs of its own, under a lease that it renews, and those that live take
 * over the jobs of those that died.
 *
 * ```ts
 * const store = postgresStore({ connection: 'postgresql:///jobs', server: 'jobs-1' });
 * const server = new JobServer({ store });
 * ```
 *
 * What was under way when the connection was lost is done again on the next one, as long as the lease lasts, and is done once. After that the
 * store is lost: {@link JobServer.onStoreTrouble}.
 *
 * @throws {InvalidOptionError} an option is unknown, or none that it can be
 */
export function postgresStore(options: PostgresStoreOptions): JobStore {
  knownOptions('postgresStore()', options, ['connection', 'server', 'lease', 'takeOver', 'schema', 'prefix']);
  const { connection, server, lease = 10_000, takeOver = true, schema, prefix = 'wirewright_' } = options;
  if (typeof server !== 'string' || server === '' || server.length > 200 || server.includes('\0'))
    throw new InvalidOptionError('server must be a name of 1 to 200 letters');
  integerOption('lease', lease, MIN_LEASE, MAX_LEASE);
  booleanOption('takeOver', takeOver);
  const tables = tablesOf(
    schema === undefined ? undefined : nameOption('schema', schema),
    nameOption('prefix', prefix),
  );
  return new PostgresStore({ connection, place: placeOption(connection), server, lease, takeOver, tables });
}

/** So long that a name with what is put behind it is not cut off, and without what has to be quoted. */
function nameOption(option: string, name: string): string {
  if (typeof name === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,39}$/.test(name)) return name;
  throw new InvalidOptionError(`${option} must be 1 to 40 letters, digits and underscores, and begin with no digit`);
}

function placeOption(connection: string | PoolConfig): string {
  const given =
    typeof connection === 'string' ? connection !== '' : typeof connection === 'object' && connection !== null;
  try {
    if (given) return placeOf(connection);
  } catch (cause) {
    throw new InvalidOptionError('connection is none that pg can read', { cause });
  }
  throw new InvalidOptionError('connection must be a text such as postgresql://host/database, or an object for pg');
}
