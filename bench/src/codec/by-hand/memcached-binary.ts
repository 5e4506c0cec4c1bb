/** A SET as a program has it that knows of nothing else. */
export interface HandwrittenSet {
  readonly opaque: number;
  readonly vbucket: number;
  readonly key: string;
  readonly value: string;
}

const SIZE = 64 * 1024;
const bytes = Buffer.allocUnsafeSlow(SIZE);
const view = new DataView(bytes.buffer);
let position = 0;

/** Writes one SET of short ASCII texts into a buffer that is used over and over. Returns where it ends. */
export function encodeSet({ opaque, vbucket, key, value }: HandwrittenSet, extras: number): number {
  const length = extras + key.length + value.length;
  if (position + 24 + length > SIZE) position = 0;
  let at = position;
  view.setUint32(at, 0x80010000 | key.length);
  view.setUint32(at + 4, (extras << 24) | vbucket);
  view.setUint32(at + 8, length);
  view.setUint32(at + 12, opaque);
  view.setUint32(at + 16, 0);
  view.setUint32(at + 20, 0);
  at += 24;
  if (extras > 0) {
    view.setUint32(at, 0);
    view.setUint32(at + 4, 0);
    at += 8;
  }
  for (let i = 0; i < key.length; i++) bytes[at++] = key.charCodeAt(i);
  for (let i = 0; i < value.length; i++) bytes[at++] = value.charCodeAt(i);
  position = at;
  return at;
}

/** The header of a response with four bytes of extras in front of a body that is not copied. */
export function encodeHit(opaque: number, value: Uint8Array): readonly [Uint8Array, Uint8Array] {
  if (position + 28 > SIZE) position = 0;
  const at = position;
  view.setUint32(at, 0x81000000);
  view.setUint32(at + 4, 0x04000000);
  view.setUint32(at + 8, 4 + value.length);
  view.setUint32(at + 12, opaque);
  view.setUint32(at + 16, 0);
  view.setUint32(at + 20, 1);
  view.setUint32(at + 24, 0);
  position = at + 28;
  return [bytes.subarray(at, position), value];
}

/** The same with the body copied behind the header. Returns where it ends. */
export function encodeCopiedHit(opaque: number, value: Uint8Array): number {
  if (position + 28 + value.length > SIZE) position = 0;
  encodeHit(opaque, value);
  bytes.set(value, position);
  position += value.length;
  return position;
}

/** A request with all that is in it: a SET, and no other one. */
export interface DecodedSet {
  readonly opcode: number;
  readonly vbucket: number;
  readonly opaque: number;
  readonly cas: bigint;
  readonly flags: number;
  readonly exptime: number;
  readonly key: string;
  readonly value: { readonly source: Buffer; readonly start: number; readonly end: number };
}

const { fromCharCode } = String;

/** Reads one SET with a key of seven bytes, at `at` of a chunk that has all of it. */
export function decodeSet(b: Buffer, at: number): DecodedSet {
  if (b[at] !== 0x80) throw new Error('no request');
  const extras = b[at + 4]!;
  const body = ((b[at + 8]! << 24) | (b[at + 9]! << 16) | (b[at + 10]! << 8) | b[at + 11]!) >>> 0;
  if (at + 24 + body > b.length) throw new Error('not there as a whole');
  const high = ((b[at + 16]! << 24) | (b[at + 17]! << 16) | (b[at + 18]! << 8) | b[at + 19]!) >>> 0;
  const low = ((b[at + 20]! << 24) | (b[at + 21]! << 16) | (b[at + 22]! << 8) | b[at + 23]!) >>> 0;
  const e = at + 24;
  const k = e + extras;
  return {
    opcode: b[at + 1]!,
    vbucket: (b[at + 6]! << 8) | b[at + 7]!,
    opaque: ((b[at + 12]! << 24) | (b[at + 13]! << 16) | (b[at + 14]! << 8) | b[at + 15]!) >>> 0,
    cas: BigInt(high * 2 ** 32 + low),
    flags: extras < 8 ? 0 : ((b[e]! << 24) | (b[e + 1]! << 16) | (b[e + 2]! << 8) | b[e + 3]!) >>> 0,
    exptime: extras < 8 ? 0 : ((b[e + 4]! << 24) | (b[e + 5]! << 16) | (b[e + 6]! << 8) | b[e + 7]!) >>> 0,
    key: fromCharCode(b[k]!, b[k + 1]!, b[k + 2]!, b[k + 3]!, b[k + 4]!, b[k + 5]!, b[k + 6]!),
    value: { source: b, start: k + 7, end: at + 24 + body },
  };
}

/** A response to Get with all that is in it. */
export interface DecodedHit {
  readonly status: number;
  readonly opaque: number;
  readonly cas: bigint;
  readonly flags: number;
  readonly value: { readonly source: Buffer; readonly start: number; readonly end: number };
}

/** Reads a hit without a key, at `at` of a chunk that has all of it. */
export function decodeHit(b: Buffer, at: number): DecodedHit {
  if (b[at] !== 0x81 || b[at + 1] !== 0x00) throw new Error('no response to Get');
  const body = ((b[at + 8]! << 24) | (b[at + 9]! << 16) | (b[at + 10]! << 8) | b[at + 11]!) >>> 0;
  if (at + 24 + body > b.length) throw new Error('not there as a whole');
  const high = ((b[at + 16]! << 24) | (b[at + 17]! << 16) | (b[at + 18]! << 8) | b[at + 19]!) >>> 0;
  const low = ((b[at + 20]! << 24) | (b[at + 21]! << 16) | (b[at + 22]! << 8) | b[at + 23]!) >>> 0;
  const e = at + 24;
  return {
    status: (b[at + 6]! << 8) | b[at + 7]!,
    opaque: ((b[at + 12]! << 24) | (b[at + 13]! << 16) | (b[at + 14]! << 8) | b[at + 15]!) >>> 0,
    cas: BigInt(high * 2 ** 32 + low),
    flags: ((b[e]! << 24) | (b[e + 1]! << 16) | (b[e + 2]! << 8) | b[e + 3]!) >>> 0,
    value: { source: b, start: e + 4, end: e + body },
  };
}

/** The last `length` bytes up to `end` of what was written. */
export function written(end: number, length: number): string {
  return bytes.toString('latin1', end - length, end);
}
