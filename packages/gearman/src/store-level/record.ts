/*
 * A job as it is kept; numbers are big-endian.
 *
 *    0          4         5          6         8          12         16         20         24         28       36
 *   +----------+---------+----------+---------+----------+----------+----------+----------+----------+--------+
 *   | crc32    | version | priority | handle  | function | unique   | reducer  | schedule | attempts | when   |
 *   +----------+---------+----------+---------+----------+----------+----------+----------+----------+--------+
 *   | handle, function, unique, reducer, schedule, whose lengths are above, and the payload                   |
 *   +---------------------------------------------------------------------------------------------------------+
 *
 * The checksum is of the key and all that follows it. A reducer of the length 4294967295 is none.
 */
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';

import type { StoredJob, StoredPriority } from '../store/job-store.ts';

const VERSION = 1;
const HEADER = 36;
const NO_REDUCER = 0xffff_ffff;

/** What the keys of jobs begin with. */
const JOB = 0x6a;

/** The keys of all jobs lie between these. */
export const FIRST_KEY: Buffer = Buffer.from('j');
export const LAST_KEY: Buffer = Buffer.from('k');

const HIGH = 2 ** 32;

/** A key, by which jobs lie in the order of their numbers. */
export function keyOf(id: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = JOB;
  key.writeUInt32BE(Math.floor(id / HIGH), 1);
  key.writeUInt32BE(id >>> 0, 5);
  return key;
}

/** The number in a key; undefined for the key of no job. */
export function idOf(key: Buffer): number | undefined {
  if (key.length !== 9 || key[0] !== JOB) return undefined;
  const id = key.readUInt32BE(1) * HIGH + key.readUInt32BE(5);
  return Number.isSafeInteger(id) ? id : undefined;
}

export function encodeJob(key: Buffer, job: StoredJob): Buffer {
  const { handle, function: name, unique, payload, reducer, schedule } = job;
  const head = HEADER + handle.length + name.length + unique.length + (reducer?.length ?? 0) + schedule.length;
  const record = Buffer.allocUnsafe(head + payload.length);
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  record[4] = VERSION;
  record[5] = job.priority;
  view.setUint16(6, handle.length);
  view.setUint32(8, name.length);
  view.setUint32(12, unique.length);
  view.setUint32(16, reducer === undefined ? NO_REDUCER : reducer.length);
  view.setUint32(20, schedule.length);
  view.setUint32(24, job.attempts);
  view.setFloat64(28, job.when);
  let at = HEADER;
  at += record.write(handle, at, 'latin1');
  for (const part of [name, unique, reducer]) {
    if (part === undefined) continue;
    record.set(part, at);
    at += part.length;
  }
  at += record.write(schedule, at, 'latin1');
  record.set(payload, at);
  view.setUint32(0, checksum(key, record));
  return record;
}

/** The checksum that a record has, as a signed number: a map has more room for those. */
export function checksumIn(record: Buffer): number {
  return record.readInt32BE(0);
}

/** The job in a record; undefined when it is not as it was written, or was written by a later version. */
export function decodeJob(key: Buffer, record: Buffer): StoredJob | undefined {
  const id = idOf(key);
  if (id === undefined || record.length < HEADER || record[4] !== VERSION) return undefined;
  if (record.readUInt32BE(0) !== checksum(key, record)) return undefined;
  let at = HEADER;
  const take = (length: number): Buffer => record.subarray(at, (at += length));
  const handle = take(record.readUInt16BE(6)).toString('latin1');
  const name = take(record.readUInt32BE(8));
  const unique = take(record.readUInt32BE(12));
  const reducerLength = record.readUInt32BE(16);
  const reducer = reducerLength === NO_REDUCER ? undefined : take(reducerLength);
  const schedule = take(record.readUInt32BE(20)).toString('latin1');
  return {
    id,
    handle,
    function: name,
    unique,
    payload: record.subarray(at),
    priority: record[5] as StoredPriority,
    when: record.readDoubleBE(28),
    reducer,
    attempts: record.readUInt32BE(24),
    schedule,
  };
}

function checksum(key: Buffer, record: Buffer): number {
  return crc32(record.subarray(4), crc32(key));
}
