import type { Buffer } from 'node:buffer';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readLog } from './log-file.ts';
import { readTable } from './table-file.ts';

/** What could be read of the files of a database. */
export interface Salvage {
  /** The last that is known of each key which was not removed. */
  readonly records: readonly (readonly [key: Buffer, value: Buffer])[];
  /** What cannot be read, in words. */
  readonly losses: readonly string[];
}

interface Version {
  readonly key: Buffer;
  readonly sequence: number;
  readonly value: Buffer | undefined;
}

/** Behind the key in a table: whether it was kept, and the sequence. */
const SUFFIX = 8;
const KEPT = 1;
const UPPER = 2 ** 32;

/**
 * Reads the files of a LevelDB database by themselves: whatever is as it was written, in every table and log that there is, whether the database would
 * still look into it or not. LevelDB's own repair gives up tables that it cannot read to the end, and aborts the process over some.
 */
export async function salvage(folder: string): Promise<Salvage> {
  const newest = new Map<string, Version>();
  const losses: string[] = [];
  const offer = (key: Buffer, sequence: number, value: Buffer | undefined): void => {
    const name = key.toString('latin1');
    const known = newest.get(name);
    if (known === undefined || known.sequence < sequence) newest.set(name, { key, sequence, value });
  };
  for (const name of existsSync(folder) ? await readdir(folder) : []) {
    const read = READERS[name.slice(name.lastIndexOf('.'))];
    if (read === undefined) continue;
    const bad = read(await readFile(join(folder, name)), offer);
    if (bad > 0) losses.push(`${name} cannot be read in ${bad} ${bad === 1 ? 'place' : 'places'}`);
  }
  const records: (readonly [Buffer, Buffer])[] = [];
  for (const { key, value } of newest.values()) if (value !== undefined) records.push([key, value]);
  return { records, losses };
}

type Offer = (key: Buffer, sequence: number, value: Buffer | undefined) => void;

const READERS: Readonly<Record<string, (file: Buffer, offer: Offer) => number>> = {
  '.log': readLog,
  '.ldb': readTableVersions,
  '.sst': readTableVersions,
};

function readTableVersions(file: Buffer, offer: Offer): number {
  return readTable(file, (tableKey, value) => {
    const end = tableKey.length - SUFFIX;
    if (end < 0) return;
    const kept = tableKey[end] === KEPT;
    const sequence = tableKey.readUIntLE(end + 1, 4) + tableKey.readUIntLE(end + 5, 3) * UPPER;
    offer(tableKey.subarray(0, end), sequence, kept ? value : undefined);
  });
}
