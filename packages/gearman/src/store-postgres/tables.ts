import { WireError } from '@wirewright/core';

import type { Database } from './database.ts';

/** What the tables are made as. */
const VERSION = 1;

/** What those hold who make tables, one after the other: any number, as long as all take the same. */
const MAKING = 0x77_69_72_65;

/** The names of the tables as they are written in statements. */
export interface Tables {
  readonly schema: string | undefined;
  /** A row with the version of the tables and the number of the next job. */
  readonly store: string;
  /** Which server has its jobs until when. */
  readonly leases: string;
  readonly jobs: string;
  /** An index has its table's schema, and so none in its name. */
  readonly jobsByServer: string;
}

/** The tables of a store in `schema`, or wherever the database looks first; the names of all begin with `prefix`. */
export function tablesOf(schema: string | undefined, prefix: string): Tables {
  const at = schema === undefined ? '' : `${quoted(schema)}.`;
  return {
    schema,
    store: `${at}${quoted(`${prefix}store`)}`,
    leases: `${at}${quoted(`${prefix}leases`)}`,
    jobs: `${at}${quoted(`${prefix}jobs`)}`,
    jobsByServer: quoted(`${prefix}jobs_by_server`),
  };
}

function quoted(name: string): string {
  return `"${name}"`;
}

/**
 * Makes the tables when they are not there yet. Whoever only uses them needs no right to make any.
 *
 * @throws {WireError} `GEARMAN_STORE_VERSION`: they were made by a version that does it differently
 */
export async function prepareTables(database: Database, tables: Tables): Promise<void> {
  const found = await database.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [tables.store]);
  if (found.rows[0]?.there !== true) await database.query(making(tables));
  const { rows } = await database.query<{ version: number }>(`SELECT version FROM ${tables.store}`);
  const version = rows[0]?.version;
  if (version === VERSION) return;
  throw new WireError(
    'GEARMAN_STORE_VERSION',
    `its tables are of the version ${version}, this is of the version ${VERSION}: use another prefix, or the release that made them`,
  );
}

/** Statements that are sent together, and so are one transaction. */
function making({ schema, store, leases, jobs, jobsByServer }: Tables): string {
  return `
    BEGIN;
    SELECT pg_advisory_xact_lock(${MAKING});
    ${schema === undefined ? '' : `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)};`}
    CREATE TABLE IF NOT EXISTS ${store} (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      version integer NOT NULL,
      next_id bigint NOT NULL
    );
    INSERT INTO ${store} (version, next_id) VALUES (${VERSION}, 1) ON CONFLICT DO NOTHING;
    -- Written by every commit: room on its page keeps it from moving, and the index from growing.
    CREATE TABLE IF NOT EXISTS ${leases} (
      server text PRIMARY KEY,
      token text NOT NULL,
      expires timestamptz NOT NULL,
      commits bigint NOT NULL
    ) WITH (fillfactor = 20);
    CREATE TABLE IF NOT EXISTS ${jobs} (
      id bigint PRIMARY KEY,
      server text NOT NULL,
      handle text NOT NULL,
      function bytea NOT NULL,
      unique_key bytea NOT NULL,
      payload bytea NOT NULL,
      priority bigint NOT NULL,
      run_at double precision NOT NULL,
      reducer bytea,
      attempts bigint NOT NULL,
      schedule text NOT NULL
    );
    CREATE INDEX IF NOT EXISTS ${jobsByServer} ON ${jobs} (server, id);
    COMMIT;
  `;
}
