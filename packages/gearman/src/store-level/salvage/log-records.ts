/*
 * A log of LevelDB (doc/log_format.md), which a MANIFEST is, too: blocks of 32 KiB, with pieces of records in them; what is too short for a piece
 * at the end of a block is left empty. Little-endian.
 *
 *   piece
 *   +------------+---------+------------------------------+------+
 *   | crc32c     | length  | 1 all, 2 the first,          | data |
 *   | 4, masked  | 2       | 3 a middle, 4 the last       |      |
 *   +------------+---------+------------------------------+------+
 *
 * The checksum is of the kind of the piece and the data.
 */
import { Buffer } from 'node:buffer';

import { crc32c } from '@wirewright/core/codec';

import { masked } from './masked.ts';

const BLOCK = 32 * 1024;
const HEADER = 7;
const ALL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** The records of a log that are as they were written: puts their pieces together. */
export class LogRecords {
  readonly #log: Buffer;
  #pieces: Buffer[] = [];
  /** Places where what there is is no record. */
  bad = 0;

  constructor(log: Buffer) {
    this.#log = log;
  }

  *[Symbol.iterator](): Generator<Buffer> {
    for (let block = 0; block < this.#log.length; block += BLOCK) {
      const end = Math.min(block + BLOCK, this.#log.length);
      for (let at = block; at + HEADER <= end;) {
        const dataEnd = at + HEADER + this.#log.readUInt16LE(at + 4);
        // Nobody knows where the next one begins; but a block begins with one.
        if (dataEnd > end || masked(crc32c(this.#log, at + 6, dataEnd)) !== this.#log.readUInt32LE(at)) {
          this.#breakOff();
          break;
        }
        const record = this.#join(this.#log[at + 6]!, this.#log.subarray(at + HEADER, dataEnd));
        if (record !== undefined) yield record;
        at = dataEnd;
      }
    }
    if (this.#pieces.length > 0) this.#breakOff();
  }

  #breakOff(): void {
    this.bad++;
    this.#pieces = [];
  }

  /** Takes a piece; returns the record when it was the last one. */
  #join(kind: number, data: Buffer): Buffer | undefined {
    const begins = kind === ALL || kind === FIRST;
    if (begins && this.#pieces.length > 0) this.#breakOff();
    // The beginning was damaged, and has been counted.
    if (!begins && this.#pieces.length === 0) return undefined;
    if (kind === ALL) return data;
    this.#pieces.push(data);
    if (kind === FIRST || kind === MIDDLE) return undefined;
    const record = kind === LAST ? Buffer.concat(this.#pieces) : undefined;
    this.#pieces = [];
    return record;
  }
}
