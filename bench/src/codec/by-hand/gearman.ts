/*
 * What a program would do that has one packet to read or write: the same checks, the same fields, and nothing for any other one.
 */
const HEADER = 12;
const REQUEST = 0x00_52_45_51;
const RESPONSE = 0x00_52_45_53;
const MAX_BODY = 32 * 1024 * 1024;

const RESET_ABILITIES = 3;
const NOOP = 6;
const JOB_ASSIGN = 11;
const ECHO_REQ = 16;
const ECHO_RES = 17;

/** Where bytes lie. */
export interface Range {
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
}

function uint32(b: Buffer, at: number): number {
  return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
}

/** A packet without arguments. */
export interface DecodedBare {
  readonly type: number;
  readonly end: number;
}

/** Reads a RESET_ABILITIES at `at` of a chunk. */
export function decodeReset(b: Buffer, at: number): DecodedBare {
  if (at + HEADER > b.length) throw new Error('not there as a whole');
  if (uint32(b, at) !== REQUEST || uint32(b, at + 4) !== RESET_ABILITIES) throw new Error('no RESET_ABILITIES');
  const body = uint32(b, at + 8);
  const end = at + HEADER + body;
  if (body > MAX_BODY || end > b.length) throw new Error('too long, or not there as a whole');
  return { type: RESET_ABILITIES, end };
}

/** An ECHO_REQ or ECHO_RES. */
export interface DecodedEcho {
  readonly type: number;
  readonly data: Range;
  readonly end: number;
}

/** Reads an ECHO_REQ. */
export function decodeEcho(b: Buffer, at: number): DecodedEcho {
  if (at + HEADER > b.length) throw new Error('not there as a whole');
  if (uint32(b, at) !== REQUEST || uint32(b, at + 4) !== ECHO_REQ) throw new Error('no ECHO_REQ');
  const body = uint32(b, at + 8);
  const start = at + HEADER;
  const end = start + body;
  if (body > MAX_BODY || end > b.length) throw new Error('too long, or not there as a whole');
  return { type: ECHO_REQ, data: { source: b, start, end }, end };
}

/** Reads an answer that consists of data, of any type. */
export function decodeAnswer(b: Buffer, at: number): DecodedEcho {
  if (at + HEADER > b.length) throw new Error('not there as a whole');
  if (uint32(b, at) !== RESPONSE) throw new Error('no answer');
  const type = uint32(b, at + 4);
  const body = uint32(b, at + 8);
  const start = at + HEADER;
  const end = start + body;
  if (body > MAX_BODY || end > b.length) throw new Error('too long, or not there as a whole');
  return { type, data: { source: b, start, end }, end };
}

/** Reads a NOOP or an ECHO_RES. */
export function decodeNoopOrEcho(b: Buffer, at: number): DecodedBare | DecodedEcho {
  if (at + HEADER > b.length) throw new Error('not there as a whole');
  if (uint32(b, at) !== RESPONSE) throw new Error('no answer');
  const type = uint32(b, at + 4);
  const body = uint32(b, at + 8);
  const start = at + HEADER;
  const end = start + body;
  if (body > MAX_BODY || end > b.length) throw new Error('too long, or not there as a whole');
  if (type === NOOP) return { type, end };
  if (type !== ECHO_RES) throw new Error('neither NOOP nor ECHO_RES');
  return { type, data: { source: b, start, end }, end };
}

/** A JOB_ASSIGN with all that is in it. */
export interface DecodedAssign {
  readonly type: number;
  readonly handle: string;
  readonly function: string;
  readonly payload: Range;
  readonly end: number;
}

const { fromCharCode } = String;

/** Texts of seven bytes, as handle and function are, without a call into the runtime. */
function textOf(b: Buffer, start: number, end: number): string {
  if (end - start !== 7) return b.toString('latin1', start, end);
  const i = start;
  return fromCharCode(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!);
}

/** Reads a JOB_ASSIGN. */
export function decodeAssign(b: Buffer, at: number): DecodedAssign {
  if (at + HEADER > b.length) throw new Error('not there as a whole');
  if (uint32(b, at) !== RESPONSE || uint32(b, at + 4) !== JOB_ASSIGN) throw new Error('no JOB_ASSIGN');
  const body = uint32(b, at + 8);
  const start = at + HEADER;
  const end = start + body;
  if (body > MAX_BODY || end > b.length) throw new Error('too long, or not there as a whole');
  let first = start;
  while (first < end && b[first] !== 0) first++;
  let second = first + 1;
  while (second < end && b[second] !== 0) second++;
  if (second >= end) throw new Error('an argument is missing');
  return {
    type: JOB_ASSIGN,
    handle: textOf(b, start, first),
    function: textOf(b, first + 1, second),
    payload: { source: b, start: second + 1, end },
    end,
  };
}

const SIZE = 64 * 1024;
const bytes = Buffer.allocUnsafeSlow(SIZE);
const view = new DataView(bytes.buffer);
let position = 0;

/** A place for a packet with a body of at most `length` bytes in a buffer that is used over and over. */
function roomFor(length: number): number {
  if (position + HEADER + length > SIZE) position = 0;
  return position;
}

function finish(start: number, magic: number, type: number, end: number): number {
  view.setUint32(start, magic);
  view.setUint32(start + 4, type);
  view.setUint32(start + 8, end - start - HEADER);
  position = end;
  return end;
}

/** Stores an ASCII text without NULs. Returns where it ends. */
function store(at: number, text: string): number {
  let end = at;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 0x7f) throw new Error('no ASCII');
    bytes[end++] = code;
  }
  return end;
}

/** Writes a RESET_ABILITIES. This and the others return where it ends. */
export function encodeReset(): number {
  const start = roomFor(0);
  return finish(start, REQUEST, RESET_ABILITIES, start + HEADER);
}

/** Writes an ECHO_REQ of an ASCII text. */
export function encodeEcho(text: string): number {
  const start = roomFor(text.length);
  return finish(start, REQUEST, ECHO_REQ, store(start + HEADER, text));
}

/** Writes a JOB_ASSIGN of ASCII texts. */
export function encodeAssign(handle: string, name: string, payload: string): number {
  const start = roomFor(handle.length + name.length + payload.length + 2);
  let at = store(start + HEADER, handle);
  bytes[at++] = 0;
  at = store(at, name);
  bytes[at++] = 0;
  return finish(start, RESPONSE, JOB_ASSIGN, store(at, payload));
}

/** Writes a NOOP. */
export function encodeNoop(): number {
  const start = roomFor(0);
  return finish(start, RESPONSE, NOOP, start + HEADER);
}

/** Writes an ECHO_RES of bytes. */
export function encodeEchoRes(data: Buffer): number {
  const start = roomFor(data.length);
  bytes.set(data, start + HEADER);
  return finish(start, RESPONSE, ECHO_RES, start + HEADER + data.length);
}

/** Copies a packet as it is. */
export function encodeCopy({ source, start, end }: Range): number {
  const at = roomFor(end - start - HEADER);
  source.copy(bytes, at, start, end);
  position = at + end - start;
  return position;
}

/** The last `length` bytes up to `end` of what was written. */
export function written(end: number, length: number): string {
  return bytes.toString('latin1', end - length, end);
}
