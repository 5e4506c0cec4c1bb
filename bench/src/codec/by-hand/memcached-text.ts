const SPACE = 0x20;
const LF = 0x0a;
const ZERO = 0x30;

/** Where a range of bytes lies. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A `get` with one key. */
export interface DecodedGet {
  readonly op: 'get';
  readonly key: string;
  readonly end: number;
}

const { fromCharCode } = String;

function keyOf(b: Buffer, k: number): string {
  return fromCharCode(b[k]!, b[k + 1]!, b[k + 2]!, b[k + 3]!, b[k + 4]!, b[k + 5]!, b[k + 6]!);
}

/** Reads `get <key>` with a key of seven bytes. */
export function decodeGet(b: Buffer, at: number): DecodedGet {
  if (b[at] !== 0x67 || b[at + 1] !== 0x65 || b[at + 2] !== 0x74 || b[at + 3] !== SPACE) throw new Error('no get');
  let end = at + 4;
  while (end < b.length && b[end] !== LF) end++;
  if (end === b.length || end - at !== 12) throw new Error('not there as a whole, or another key');
  return { op: 'get', key: keyOf(b, at + 4), end: end + 1 };
}

/** A `set` with all that is in it. */
export interface DecodedTextSet {
  readonly op: 'set';
  readonly key: string;
  readonly flags: number;
  readonly exptime: number;
  readonly value: Range;
  readonly end: number;
}

/** Reads `set <key> <flags> <exptime> <bytes>` with a key of seven bytes, and the value. */
export function decodeTextSet(b: Buffer, at: number): DecodedTextSet {
  if (b[at] !== 0x73 || b[at + 1] !== 0x65 || b[at + 2] !== 0x74 || b[at + 3] !== SPACE) throw new Error('no set');
  let i = at + 12;
  let flags = 0;
  while (b[i] !== SPACE) flags = flags * 10 + b[i++]! - ZERO;
  i++;
  let exptime = 0;
  while (b[i] !== SPACE) exptime = exptime * 10 + b[i++]! - ZERO;
  i++;
  let length = 0;
  while (b[i] !== 0x0d) length = length * 10 + b[i++]! - ZERO;
  const start = i + 2;
  const end = start + length;
  if (b[i + 1] !== LF || end + 2 > b.length || b[end + 1] !== LF) throw new Error('not there as a whole');
  return { op: 'set', key: keyOf(b, at + 4), flags, exptime, value: { start, end }, end: end + 2 };
}

/** An `mg` with one key. */
export interface DecodedMetaGet {
  readonly op: 'mg';
  readonly key: string;
  /** A bit for each letter from `a` on. */
  readonly flags: number;
  readonly end: number;
}

/** Reads `mg <key> <flag> ...` with a key of seven bytes, and flags of one lower-case letter. */
export function decodeMetaGet(b: Buffer, at: number): DecodedMetaGet {
  if (b[at] !== 0x6d || b[at + 1] !== 0x67 || b[at + 2] !== SPACE) throw new Error('no mg');
  let flags = 0;
  let i = at + 10;
  for (; b[i] === SPACE; i += 2) flags |= 1 << (b[i + 1]! - 0x61);
  if (b[i] !== 0x0d || b[i + 1] !== LF) throw new Error('not there as a whole');
  return { op: 'mg', key: keyOf(b, at + 3), flags, end: i + 2 };
}

const SIZE = 64 * 1024;
const bytes = Buffer.allocUnsafeSlow(SIZE);
let position = 0;

/** Copies an item that was rendered when it was stored, with `END` behind it, to a buffer that is used over and over. Returns where it ends. */
export function encodeTextHit(item: Buffer): number {
  const length = item.length + 5;
  if (position + length > SIZE) position = 0;
  item.copy(bytes, position);
  let at = position + item.length;
  bytes[at++] = 0x45;
  bytes[at++] = 0x4e;
  bytes[at++] = 0x44;
  bytes[at++] = 0x0d;
  bytes[at++] = LF;
  position = at;
  return at;
}

/** The last `length` bytes up to `end` of what was written. */
export function written(end: number, length: number): string {
  return bytes.toString('latin1', end - length, end);
}
