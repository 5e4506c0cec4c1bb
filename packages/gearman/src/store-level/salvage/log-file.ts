/*
 * The records of a log are batches of changes. Little-endian.
 *
 *   +----------+----------+---------------------------------+
 *   | sequence | count    | 1, key, value: kept             |
 *   | 8        | 4        | 0, key: removed                 |
 *   +----------+----------+---------------------------------+
 *
 * Every change has a sequence of its own, one more than the one before.
 */
import type { Buffer } from 'node:buffer';

import { Cursor } from './cursor.ts';
import { LogRecords } from './log-records.ts';

const KEPT = 1;

/** Called for every change; the value is undefined for a key that was removed. */
export type OnChange = (key: Buffer, sequence: number, value: Buffer | undefined) => void;

/** Reads every record that is as it was written, and returns how many places are not. */
export function readLog(log: Buffer, onChange: OnChange): number {
  const records = new LogRecords(log);
  for (const record of records) {
    try {
      readBatch(new Cursor(record), onChange);
    } catch {
      records.bad++;
    }
  }
  return records.bad;
}

function readBatch(cursor: Cursor, onChange: OnChange): void {
  const sequence = cursor.uint64();
  const count = cursor.uint32();
  for (let i = 0; i < count; i++) {
    const kept = cursor.byte() === KEPT;
    const key = cursor.string();
    onChange(key, sequence + i, kept ? cursor.string() : undefined);
  }
}
