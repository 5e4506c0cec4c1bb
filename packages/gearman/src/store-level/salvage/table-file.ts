/*
 * A table of LevelDB (doc/table_format.md): blocks, each with its type and its checksum behind it, and a footer that says where the index is,
 * which says where the others are. Little-endian.
 *
 *   block                                                    footer, 48 bytes
 *   +-----------------------------+---------+------------+   +-----------------------+-----------------+---------+-----------+
 *   | contents                    | type    | crc32c     |   | place of the index of | place of the    | zeroes  | magic     |
 *   |                             | 1 byte  | 4, masked  |   | the other blocks      | index           |         | 8 bytes   |
 *   +-----------------------------+---------+------------+   +-----------------------+-----------------+---------+-----------+
 *
 *   contents: entries, then where some of them begin, 4 bytes each, and how many of these there are, 4 bytes
 *   entry: bytes of its key that are those of the one before (varint), other bytes (varint), length of the value (varint), other bytes, value
 *   place: offset (varint), length of the contents (varint)
 */
import { Buffer } from 'node:buffer';

import { crc32c } from '@wirewright/core/codec';

import { Cursor } from './cursor.ts';
import { masked } from './masked.ts';

const FOOTER = 48;
const MAGIC = Buffer.from('57fb808b247547db', 'hex');
const TRAILER = 5;
const NOT_COMPRESSED = 0;

/** Called for every entry, with the key as the table has it. */
export type OnEntry = (key: Buffer, value: Buffer) => void;

/** Whether all of the table is as it was written. */
export function isIntact(table: Buffer): boolean {
  const places = placesOf(table);
  if (places === undefined) return false;
  try {
    const others = entriesOf(contentsAt(table, places.others)).map(({ value }) => placeAt(new Cursor(value)));
    for (const place of [...places.blocks, ...others]) contentsAt(table, place);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads every block that is as it was written, and returns how many are not: those that the index names, or, when there is no index, those from
 * the beginning on up to the first that is not.
 */
export function readTable(table: Buffer, onEntry: OnEntry): number {
  const places = placesOf(table)?.blocks;
  let bad = places === undefined ? 1 : 0;
  for (const place of places ?? placesFromBeginning(table)) {
    try {
      for (const { key, value } of entriesOf(contentsAt(table, place))) onEntry(key, value);
    } catch {
      bad++;
    }
  }
  return bad;
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Where the blocks are; undefined when the index cannot be read. */
function placesOf(table: Buffer): { readonly blocks: readonly Place[]; readonly others: Place } | undefined {
  if (table.length < FOOTER || !table.subarray(-MAGIC.length).equals(MAGIC)) return undefined;
  try {
    const footer = new Cursor(table, table.length - FOOTER);
    const others = placeAt(footer);
    const blocks = entriesOf(contentsAt(table, placeAt(footer))).map(({ value }) => placeAt(new Cursor(value)));
    return { blocks, others };
  } catch {
    return undefined;
  }
}

function placeAt(cursor: Cursor): Place {
  return { offset: cursor.varint(), length: cursor.varint() };
}

/** @throws {RangeError} the block is not as it was written */
function contentsAt(table: Buffer, { offset, length }: Place): Buffer {
  const end = offset + length;
  if (end + TRAILER > table.length) throw new RangeError('a block lies beyond the end');
  if (masked(crc32c(table, offset, end + 1)) !== table.readUInt32LE(end + 1))
    throw new RangeError('a block is damaged');
  if (table[end] !== NOT_COMPRESSED) throw new RangeError('a block is compressed');
  return table.subarray(offset, end);
}

/** The blocks from the beginning on: each ends where the checksum of what came before it stands. */
function* placesFromBeginning(table: Buffer): Generator<Place> {
  for (let offset = 0, place = blockFrom(table, offset); place !== undefined; place = blockFrom(table, offset)) {
    yield place;
    offset += place.length + TRAILER;
  }
}

function blockFrom(table: Buffer, offset: number): Place | undefined {
  let crc = 0;
  let summed = offset;
  const last = table.length - TRAILER;
  for (let end = table.indexOf(NOT_COMPRESSED, offset); end !== -1 && end <= last; end = table.indexOf(0, end + 1)) {
    crc = crc32c(table, summed, end + 1, crc);
    summed = end + 1;
    if (masked(crc) === table.readUInt32LE(end + 1)) return { offset, length: end - offset };
  }
  return undefined;
}

function entriesOf(contents: Buffer): { readonly key: Buffer; readonly value: Buffer }[] {
  if (contents.length < 4) throw new RangeError('a block has no end');
  const starts = contents.readUInt32LE(contents.length - 4);
  const cursor = new Cursor(contents, 0, contents.length - 4 - 4 * starts);
  const entries: { key: Buffer; value: Buffer }[] = [];
  let key: Buffer = Buffer.alloc(0);
  while (!cursor.done) {
    const shared = cursor.varint();
    const rest = cursor.varint();
    const length = cursor.varint();
    if (shared > key.length) throw new RangeError('a key has more of the one before than that had');
    key = Buffer.concat([key.subarray(0, shared), cursor.take(rest)]);
    entries.push({ key, value: cursor.take(length) });
  }
  return entries;
}
