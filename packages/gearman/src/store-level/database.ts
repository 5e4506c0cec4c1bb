import { Buffer } from 'node:buffer';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { ClassicLevel } from 'classic-level';

import { StoreInUseError } from '../store/errors.ts';
import type { StoredJob } from '../store/job-store.ts';
import { decodeJob, FIRST_KEY, idOf, LAST_KEY } from './record.ts';
import { salvageTable, type TableRecord } from './table-file.ts';

export type Database = ClassicLevel<Buffer, Buffer>;

/** Where the number of the last commit is kept. */
export const COMMIT_KEY: Buffer = Buffer.from('commit');

/** Where it is kept up to which number jobs may have been given one. */
export const RESERVED_KEY: Buffer = Buffer.from('reserved');

/** What a database has, and what is wrong with it. */
export interface Opened {
  readonly database: Database;
  readonly jobs: readonly StoredJob[];
  /** Numbers of jobs whose records are not as they were written. */
  readonly unreadable: readonly number[];
  readonly commit: number;
  readonly reserved: number;
  /** What was done about it, if it was not to be read as it was. */
  readonly repairs: readonly string[];
  /** Records of tables that were damaged: any of them may be out of date, or over. */
  readonly salvaged: readonly TableRecord[];
}

const TABLE = /\.(ldb|sst)$/;

/**
 * Opens the database in `folder` and reads it. One that is damaged is set aside as a copy and repaired as far as possible; when nothing helps, a
 * new one takes its place.
 *
 * @throws {StoreInUseError} another process has it
 */
export async function openDatabase(folder: string): Promise<Opened> {
  const tables = existsSync(folder) ? damagedTables(folder) : [];
  const why = tables.length > 0 ? 'the checksums of tables are wrong' : withoutCurrent(folder);
  if (why !== undefined) return repaired(folder, why, tables);
  try {
    return { ...(await read(folder)), repairs: [], salvaged: [] };
  } catch (error) {
    if (error instanceof StoreInUseError) throw error;
    return repaired(folder, reason(error), []);
  }
}

async function repaired(folder: string, why: string, tables: readonly DamagedTable[]): Promise<Opened> {
  const aside = freeName(`${folder}.damaged`);
  cpSync(folder, aside, { recursive: true });
  const repairs = [`the database is damaged (${why}): it was repaired, and as it was it lies in ${aside}`];
  const salvaged = tables.flatMap(({ records }) => records);
  // LevelDB, which would rather end the process than read them, is not to see these.
  for (const { path } of tables) rmSync(path);
  try {
    await ClassicLevel.repair(folder);
    return { ...(await read(folder)), repairs, salvaged };
  } catch (error) {
    if (error instanceof StoreInUseError) throw error;
    const hopeless = freeName(`${folder}.hopeless`);
    renameSync(folder, hopeless);
    repairs.push(
      `it could not be repaired (${reason(error)}): a new one was begun, and what is left lies in ${hopeless}`,
    );
    return { ...(await read(folder)), repairs, salvaged };
  }
}

/** A table that is not as it was written, and what is left of it. */
interface DamagedTable {
  readonly path: string;
  readonly records: readonly TableRecord[];
}

function damagedTables(folder: string): DamagedTable[] {
  const damaged: DamagedTable[] = [];
  for (const file of readdirSync(folder)) {
    if (!TABLE.test(file)) continue;
    const path = join(folder, file);
    const records = salvageTable(readFileSync(path));
    if (records !== undefined) damaged.push({ path, records });
  }
  return damaged;
}

async function read(folder: string): Promise<Omit<Opened, 'repairs' | 'salvaged'>> {
  const database: Database = new ClassicLevel(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    // Checked against checksums of ours; compressed, a bad byte would take all around it along.
    compression: false,
  });
  try {
    await database.open();
  } catch (error) {
    if (codeOf(error) === 'LEVEL_LOCKED') throw new StoreInUseError(folder, error);
    throw error;
  }
  try {
    const jobs: StoredJob[] = [];
    const unreadable: number[] = [];
    for await (const [key, value] of database.iterator({ gte: FIRST_KEY, lt: LAST_KEY })) {
      const job = decodeJob(key, value);
      if (job !== undefined) jobs.push(job);
      else unreadable.push(idOf(key) ?? -1);
    }
    const commit = await numberAt(database, COMMIT_KEY);
    const reserved = await numberAt(database, RESERVED_KEY);
    return { database, jobs, unreadable, commit, reserved };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function numberAt(database: Database, key: Buffer): Promise<number> {
  const value = await database.get(key);
  return value?.length === 8 ? value.readDoubleBE(0) : 0;
}

/** A number as {@link numberAt} reads it. */
export function numberValue(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** LevelDB begins anew when CURRENT is missing, and deletes what it does not know: all that there was. */
function withoutCurrent(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder);
  const used = files.some((file) => TABLE.test(file) || /\.log$|^MANIFEST/.test(file));
  return used && !files.includes('CURRENT') ? 'the file CURRENT is missing' : undefined;
}

function freeName(name: string): string {
  let free = name;
  for (let i = 2; existsSync(free); i++) free = `${name}-${i}`;
  return free;
}

function codeOf(error: unknown): unknown {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return cause?.code ?? (error as { code?: unknown }).code;
}

/** What LevelDB says, which classic-level hides in the cause. */
function reason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
