/*
 * A table of LevelDB, which it calls SSTable (leveldb/doc/table_format.md); numbers are little-endian.
 *
 *   +--------------+-----+--------------+------------+-------------+--------------------------------------+
 *   | data block   | ... | data block   | meta index | index block | footer, 48 bytes                     |
 *   +--------------+-----+--------------+------------+-------------+--------------------------------------+
 *
 *   a block                                              the footer
 *   +----------------------------+------+--------+       +-------------------+--------------+-----+------------------+
 *   | entries, restart points    | type | crc32c |       | where meta index  | where index  | 0s  | db4775248b80fb57 |
 *   +----------------------------+------+--------+       +-------------------+--------------+-----+------------------+
 *
 * LevelDB ends the process when it comes to some kinds of damage in there. So all checksums are looked at before it is asked to open a folder.
 */
import { Buffer } from 'node:buffer';

import { crc32c } from '@wirewright/core/codec';

const FOOTER = 48;
const MAGIC = 0xdb47_7524_8b80_fb57n;
const TRAILER = 5;

/** Bytes behind the user's part of a key: sequence and kind. */
const KEY_TRAILER = 8;
const VALUE = 1;

/** Where a block lies. */
interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** A record in a table. */
export interface TableRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  /** The later of two counts. */
  readonly sequence: bigint;
}

/** What is left of a table that is damaged: undefined when nothing is wrong with it. */
export function salvageTable(file: Buffer): TableRecord[] | undefined {
  const index = indexBlock(file);
  if (index === undefined) return [];
  const records: TableRecord[] = [];
  let damaged = false;
  for (const [, value] of entries(index)) {
    const block = blockAt(file, readHandle(value, { at: 0 }));
    if (block === undefined) damaged = true;
    else for (const [key, kept] of entries(block)) addRecord(records, key, kept);
  }
  return damaged ? records : undefined;
}

function addRecord(records: TableRecord[], key: Buffer, value: Buffer): void {
  const end = key.length - KEY_TRAILER;
  if (end < 0) return;
  const trailer = key.readBigUInt64LE(end);
  if (Number(trailer & 0xffn) === VALUE) records.push({ key: key.subarray(0, end), value, sequence: trailer >> 8n });
}

function indexBlock(file: Buffer): Buffer | undefined {
  const footer = file.length - FOOTER;
  if (footer < 0 || file.readBigUInt64LE(file.length - 8) !== MAGIC) return undefined;
  const place = { at: footer };
  readHandle(file, place);
  return blockAt(file, readHandle(file, place));
}

/** The entries and restart points of a block; undefined when it is not as it was written, or was compressed. */
function blockAt(file: Buffer, { offset, size }: Handle): Buffer | undefined {
  const end = offset + size;
  if (!(end + TRAILER <= file.length)) return undefined;
  if (file[end] !== 0 || masked(crc32c(file.subarray(offset, end + 1))) !== file.readUInt32LE(end + 1))
    return undefined;
  return file.subarray(offset, end);
}

/** As LevelDB keeps a checksum, so that one of bytes that have checksums in them is none of these. */
function masked(checksum: number): number {
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282_ead8) >>> 0;
}

/** The entries of a block whose checksum is right: a key without what it shares with the one before, and a value. */
function* entries(block: Buffer): Generator<[key: Buffer, value: Buffer]> {
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 * (restarts + 1);
  const place = { at: 0 };
  let key = block.subarray(0, 0);
  while (place.at < end) {
    const shared = readVarint(block, place);
    const rest = readVarint(block, place);
    const length = readVarint(block, place);
    key = Buffer.concat([key.subarray(0, shared), block.subarray(place.at, place.at + rest)]);
    place.at += rest;
    yield [key, block.subarray(place.at, place.at + length)];
    place.at += length;
  }
}

function readHandle(bytes: Buffer, place: { at: number }): Handle {
  const offset = readVarint(bytes, place);
  return { offset, size: readVarint(bytes, place) };
}

/** NaN for one that does not end. */
function readVarint(bytes: Buffer, place: { at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[place.at++];
    if (byte === undefined || scale > Number.MAX_SAFE_INTEGER) return NaN;
    value += (byte % 128) * scale;
    if (byte < 128) return value;
  }
}
