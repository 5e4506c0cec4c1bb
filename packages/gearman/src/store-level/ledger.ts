/*
 * The ledger of a store: which jobs were kept and removed by each commit, so that it shows when the database has lost some. Numbers are
 * big-endian.
 *
 *    0          4          12           20          24
 *   +----------+----------+------------+-----------+----------------------------------------------------+
 *   | WWJL     | done     | reserved   | crc32     | entries                                              |
 *   +----------+----------+------------+-----------+----------------------------------------------------+
 *
 *   an entry
 *    0          4          12          16          20
 *   +----------+----------+-----------+-----------+------------------------------+------------------------------+
 *   | crc32    | commit   | kept      | removed   | number, 8 bytes, and crc32   | number, 8 bytes,             |
 *   |          |          |           |           | of the record, of each kept  | of each removed              |
 *   +----------+----------+-----------+-----------+------------------------------+------------------------------+
 *
 * An entry is written before the database is asked to commit, and `done` is set to its number when the database has. Neither is forced to the
 * disk: what a killed process has written is there, and after a loss of power it is the database that counts.
 */
import { Buffer } from 'node:buffer';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const MAGIC = 0x57_57_4a_4c;
const HEADER = 24;
const ENTRY = 20;
const KEPT = 12;
const REMOVED = 8;

/** The ledger is written anew when it is longer than this, and than so many times what lives. */
const LONG = 4 * 1024 * 1024;
const TIMES = 4;

/** What a commit has done. */
interface Entry {
  readonly commit: number;
  /** The numbers of jobs, and the checksums of their records. */
  readonly kept: readonly (readonly [id: number, checksum: number])[];
  readonly removed: readonly number[];
}

/** What a ledger says when it is read. */
export interface LedgerContents {
  /** The last commit that is known to be on disk. */
  readonly done: number;
  /** Numbers of jobs below which all may have been given out. */
  readonly reserved: number;
  readonly entries: readonly Entry[];
}

/** The contents of the ledger at `path`; undefined when there is none, or its head is not to be read. What is broken off behind is left out. */
export function readLedger(path: string): LedgerContents | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  if (bytes.length < HEADER || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  if (crc32(bytes.subarray(0, HEADER - 4)) !== bytes.readUInt32BE(HEADER - 4)) return undefined;
  const entries: Entry[] = [];
  for (let at = HEADER; at + ENTRY <= bytes.length;) {
    const kept = bytes.readUInt32BE(at + 12);
    const removed = bytes.readUInt32BE(at + 16);
    const removedAt = at + ENTRY + KEPT * kept;
    const end = removedAt + REMOVED * removed;
    if (end > bytes.length || crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(at)) break;
    entries.push({
      commit: bytes.readDoubleBE(at + 4),
      kept: Array.from({ length: kept }, (_, i) => readKept(bytes, removedAt - KEPT * (kept - i))),
      removed: Array.from({ length: removed }, (_, i) => bytes.readDoubleBE(removedAt + REMOVED * i)),
    });
    at = end;
  }
  return { done: bytes.readDoubleBE(4), reserved: bytes.readDoubleBE(12), entries };
}

function readKept(bytes: Buffer, at: number): readonly [id: number, checksum: number] {
  return [bytes.readDoubleBE(at), bytes.readInt32BE(at + 8)];
}

/** A ledger that is written. */
export class Ledger {
  readonly #path: string;
  readonly #head: Buffer = Buffer.alloc(HEADER);
  #file: number;
  #length = 0;

  /** Begins it anew with what lives, and the checksums of that, as of `commit`. */
  constructor(path: string, commit: number, reserved: number, living: ReadonlyMap<number, number>) {
    this.#path = path;
    this.#head.writeUInt32BE(MAGIC);
    this.#head.writeDoubleBE(reserved, 12);
    this.#file = this.#begin(commit, living);
  }

  /** Notes what the commit is about to do. */
  note(entry: Entry): void {
    const bytes = encodeEntry(entry);
    writeAll(this.#file, bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Notes that a commit is on disk, and up to which number jobs may have been given one. */
  done(commit: number, reserved: number): void {
    this.#head.writeDoubleBE(commit, 4);
    this.#head.writeDoubleBE(reserved, 12);
    this.#seal();
    writeAll(this.#file, this.#head, 0);
  }

  /** Whether it has grown so long that it should be {@link renew | renewed}. */
  isLong(living: number): boolean {
    return this.#length > LONG && this.#length > TIMES * KEPT * living;
  }

  /** Begins it anew. */
  renew(commit: number, living: ReadonlyMap<number, number>): void {
    const before = this.#file;
    this.#file = this.#begin(commit, living);
    closeSync(before);
  }

  close(): void {
    closeSync(this.#file);
  }

  #begin(commit: number, living: ReadonlyMap<number, number>): number {
    this.#head.writeDoubleBE(commit, 4);
    this.#seal();
    const bytes = Buffer.concat([this.#head, encodeEntry({ commit, kept: [...living], removed: [] })]);
    const fresh = `${this.#path}.new`;
    const file = openSync(fresh, 'w+');
    try {
      writeAll(file, bytes, 0);
      fsyncSync(file);
      renameSync(fresh, this.#path);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    this.#length = bytes.length;
    return file;
  }

  #seal(): void {
    this.#head.writeUInt32BE(crc32(this.#head.subarray(0, HEADER - 4)), HEADER - 4);
  }
}

/** A disk that is nearly full takes a part, and nothing of the rest. */
function writeAll(file: number, bytes: Buffer, place: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, place + at);
}

function encodeEntry({ commit, kept, removed }: Entry): Buffer {
  const bytes = Buffer.allocUnsafe(ENTRY + KEPT * kept.length + REMOVED * removed.length);
  bytes.writeDoubleBE(commit, 4);
  bytes.writeUInt32BE(kept.length, 12);
  bytes.writeUInt32BE(removed.length, 16);
  let at = ENTRY;
  for (const [id, checksum] of kept) at = bytes.writeInt32BE(checksum, bytes.writeDoubleBE(id, at));
  for (const id of removed) at = bytes.writeDoubleBE(id, at);
  bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0);
  return bytes;
}
