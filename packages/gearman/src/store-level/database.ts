import { Buffer } from 'node:buffer';

import { ClassicLevel } from 'classic-level';

import type { StoredJob } from '../store/job-store.ts';
import { checksumIn, decodeJob, FIRST_KEY, LAST_KEY } from './record.ts';

export type Database = ClassicLevel<Buffer, Buffer>;

/** Where the number of the last commit is kept. */
export const COMMIT_KEY: Buffer = Buffer.from('commit');

/** Where it is kept up to which number jobs may have been given one. */
export const RESERVED_KEY: Buffer = Buffer.from('reserved');

/** What a database has. */
export interface Opened {
  readonly database: Database;
  readonly jobs: readonly StoredJob[];
  /** The checksum of the record of each of the jobs, by number. */
  readonly checksums: Map<number, number>;
  /** Records that are not as they were written. */
  readonly unreadable: number;
  readonly commit: number;
  readonly reserved: number;
}

/** Opens the database in `folder`, which is made when it is not there. */
export async function openDatabase(folder: string): Promise<Database> {
  const database: Database = new ClassicLevel(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    // A bad byte in what is compressed would take all around it along, and the files are read without LevelDB when they are damaged.
    compression: false,
  });
  await database.open();
  return database;
}

/** Opens the database in `folder`, and reads it. */
export async function readDatabase(folder: string): Promise<Opened> {
  const database = await openDatabase(folder);
  try {
    const jobs: StoredJob[] = [];
    const checksums = new Map<number, number>();
    let unreadable = 0;
    for await (const [key, value] of database.iterator({ gte: FIRST_KEY, lt: LAST_KEY })) {
      const job = decodeJob(key, value);
      if (job === undefined) {
        unreadable++;
        continue;
      }
      jobs.push(job);
      checksums.set(job.id, checksumIn(value));
    }
    const commit = await numberAt(database, COMMIT_KEY);
    const reserved = await numberAt(database, RESERVED_KEY);
    return { database, jobs, checksums, unreadable, commit, reserved };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A number that was written as {@link numberValue}; 0 when there is none. */
export async function numberAt(database: Database, key: Buffer): Promise<number> {
  const value = await database.get(key);
  return value?.length === 8 ? value.readDoubleBE(0) : 0;
}

/** A number as {@link numberAt} reads it. */
export function numberValue(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** Whether LevelDB refused a folder because somebody has it open. */
export function isLocked(error: unknown): boolean {
  const { cause, code } = error as { cause?: { code?: unknown }; code?: unknown };
  return (cause?.code ?? code) === 'LEVEL_LOCKED';
}

/** What LevelDB says, which classic-level hides in the cause. */
export function levelReason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
