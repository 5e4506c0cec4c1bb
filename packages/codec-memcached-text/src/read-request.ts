import type { Buffer } from 'node:buffer';

import { readLatin1 } from '@wirewright/core/codec';

import { Answer, type Compat } from './answers.ts';
import { decodeBase64 } from './base64.ts';
import { MAX_KEY_LENGTH } from './characters.ts';
import { itemSize } from './item-size.ts';
import { line } from './line-scanner.ts';
import { MetaRequest } from './meta-request.ts';
import { NO_INTEGER, readFlags, readInt32, readLength, readUint64 } from './numbers.ts';
import { type GetOp, type MetaOp, type NamedOp, opOf, type StoreOp } from './ops.ts';
import { readMetaFlags } from './read-meta-flags.ts';
import { Request } from './request.ts';

/** What is behind the line that was read last. */
export const Block = {
  /** Length of the value, or -1 where there is none. */
  value: -1,
  /** Whether the value is not to be kept. */
  drop: false,
};

/** Longest length that is taken for one (INT_MAX - 2); what is no length is read as a longer one. */
const MAX_LENGTH = 0x7fff_fffd;

/** Lines that are no errors to every server, although no command here. */
const COMMANDS: ReadonlySet<string> = new Set([
  'cache_memlimit',
  'config',
  'debugitem',
  'debugtime',
  'extstore',
  'lru',
  'lru_crawler',
  'misbehave',
  'refresh_certs',
  'shutdown',
  'slabs',
  'watch',
]);

/**
 * Makes a request of the line that {@link line} has scanned, from `start` to `next`, and says in {@link Block} what is behind it.
 *
 * @param maxItemSize as in the options
 */
export function readRequest(
  source: Buffer,
  start: number,
  next: number,
  maxItemSize: number,
  compat: Compat,
): Request | MetaRequest {
  Block.value = -1;
  Block.drop = false;
  const { starts, ends, count } = line;
  // 1.6.45 takes no spaces in front of a command.
  const known = count > 0 && (compat === '1.6.18' || starts[0] === start);
  const op = known ? opOf(source, starts[0]!, ends[0]!) : undefined;
  switch (op) {
    case 'get':
    case 'gets':
    case 'gat':
    case 'gats':
      return readGet(op, source, start, next, compat);
    case 'set':
    case 'add':
    case 'replace':
    case 'append':
    case 'prepend':
    case 'cas':
      return readStore(op, source, start, next, maxItemSize, compat);
    case 'mg':
    case 'ms':
    case 'md':
    case 'ma':
    case 'mn':
    case 'me':
      return readMeta(op, source, start, next, maxItemSize, compat);
    case undefined:
      return readOther(source, start, next, known, compat);
    case 'delete':
    case 'incr':
    case 'decr':
    case 'touch':
    case 'flush_all':
    case 'verbosity':
    case 'version':
    case 'stats':
    case 'quit':
      break;
  }
  return readSimple(op, source, start, next, compat);
}

function readGet(op: GetOp, source: Buffer, start: number, next: number, compat: Compat): Request {
  const { starts, ends, count, longest } = line;
  const request = new Request(op, source, start, line.lineEnd, next);
  const touches = op === 'gat' || op === 'gats';
  const first = touches ? 2 : 1;
  // `gat 10` is a list of no keys to 1.6.18.
  if (count < (compat === '1.6.18' ? 2 : first + 1)) return malformed(request, tooFew(compat));
  if (touches) {
    request.exptime = readInt32(source, starts[1]!, ends[1]!);
    if (request.exptime === NO_INTEGER) return malformed(request, Answer.BadExptime);
  }
  if (count > first) {
    request.keyStart = starts[first]!;
    request.keyEnd = ends[first]!;
    if (longest > MAX_KEY_LENGTH) return malformed(request, Answer.BadLine);
  } else {
    request.keyStart = request.keyEnd = request.lineEnd;
  }
  return request;
}

function readStore(
  op: StoreOp,
  source: Buffer,
  start: number,
  next: number,
  maxItemSize: number,
  compat: Compat,
): Request {
  const { starts, ends, count } = line;
  const request = new Request(op, source, start, line.lineEnd, next);
  const least = op === 'cas' ? 6 : 5;
  if (count < least || (count > least + 1 && compat === '1.6.18')) return malformed(request, tooFew(compat));
  const noreply = count > least && isNoreply(source, line.lastStart, line.lastEnd);
  request.noreply = noreply;
  const length = readLength(source, starts[4]!, ends[4]!);
  const keyStart = starts[1]!;
  const keyEnd = ends[1]!;
  const flags = readFlags(source, starts[2]!, ends[2]!);
  const exptime = readInt32(source, starts[3]!, ends[3]!);
  request.keyStart = keyStart;
  request.keyEnd = keyEnd;
  request.flags = flags;
  request.exptime = exptime;
  if (op === 'cas') request.cas = readUint64(source, starts[5]!, ends[5]!);
  const badLength = length > MAX_LENGTH;
  const wrong =
    badLength ||
    keyEnd - keyStart > MAX_KEY_LENGTH ||
    flags === NO_INTEGER ||
    exptime === NO_INTEGER ||
    request.cas < 0;
  if (wrong) {
    if (compat === '1.6.45') {
      request.noreply = false;
      if (!badLength) dropBlock(length);
    }
    return malformed(request, Answer.BadLine);
  }
  if (itemSize(keyEnd - keyStart, flags, length) > maxItemSize) {
    request.tooLarge = true;
    dropBlock(length);
    return malformed(request, Answer.TooLarge);
  }
  Block.value = length;
  return request;
}

/** Has the block behind the line dropped. */
function dropBlock(length: number): void {
  Block.value = length;
  Block.drop = true;
}

function readMeta(
  op: MetaOp,
  source: Buffer,
  start: number,
  next: number,
  maxItemSize: number,
  compat: Compat,
): MetaRequest {
  const { starts, ends, count, lineEnd } = line;
  const request = new MetaRequest(op, source, start, lineEnd, next);
  if (op === 'mn') return request;
  if (count < 2) return malformed(request, op === 'me' ? Answer.BadLine : tooFew(compat));
  const keyStart = starts[1]!;
  const keyEnd = ends[1]!;
  const first = op === 'ms' ? 3 : 2;
  request.keyStart = keyStart;
  request.keyEnd = keyEnd;
  if (count > first) request.flagsStart = starts[first]!;
  const longKey = keyEnd - keyStart > MAX_KEY_LENGTH;
  if (op !== 'ms') {
    if (longKey) return malformed(request, Answer.BadLine);
    const error = op === 'me' ? readDebugFlags(request) : readMetaFlags(request, line, first, compat);
    return error === undefined ? request : malformed(request, error);
  }

  if (count < 3 || (longKey && compat === '1.6.18')) return malformed(request, Answer.BadLine);
  const length = readLength(source, starts[2]!, ends[2]!);
  if (length > MAX_LENGTH) return malformed(request, Answer.BadLine);
  const error = longKey ? Answer.BadLine : readMetaFlags(request, line, first, compat);
  if (error !== undefined) {
    // 1.6.18 counts the flags before it reads the length.
    if (error !== Answer.ManyFlags18) dropBlock(length);
    return malformed(request, error);
  }
  const keyLength = request.binaryKey === undefined ? keyEnd - keyStart : request.binaryKey.length;
  if (itemSize(keyLength, request.args.flags ?? 0, length) > maxItemSize) {
    request.tooLarge = true;
    dropBlock(length);
    return malformed(request, Answer.TooLarge);
  }
  Block.value = length;
  return request;
}

/** `me` has one flag, `b`, and reads no others. */
function readDebugFlags(request: MetaRequest): string | undefined {
  const { source, flagsStart, lineEnd } = request;
  if (line.count < 3 || source[flagsStart] !== 0x62 || line.ends[2]! - flagsStart !== 1) return undefined;
  if (flagsStart < lineEnd) request.lower = 1 << 2;
  request.binaryKey = decodeBase64(source, request.keyStart, request.keyEnd);
  return request.binaryKey === undefined ? Answer.BadLine : undefined;
}

/** Commands of a key and a number, or of neither. */
function readSimple(
  op: Exclude<NamedOp, GetOp | StoreOp>,
  source: Buffer,
  start: number,
  next: number,
  compat: Compat,
): Request {
  const { starts, ends, count } = line;
  const request = new Request(op, source, start, line.lineEnd, next);
  const noreply = count > 1 && isNoreply(source, line.lastStart, line.lastEnd);
  switch (op) {
    case 'version':
    case 'quit':
    case 'stats':
      return request;
    case 'delete':
      return readDelete(request, noreply, compat);
    case 'flush_all':
      if (count > 3) return malformed(request, tooFew(compat));
      request.noreply = noreply;
      if (count > (noreply ? 2 : 1)) return readExptime(request, 1, Answer.BadExptime);
      return request;
    case 'verbosity':
      if (count < 2 || count > 3) return malformed(request, tooFew(compat));
      request.noreply = noreply;
      request.exptime = readFlags(source, starts[1]!, ends[1]!);
      return request.exptime === NO_INTEGER ? malformed(request, Answer.BadLine) : request;
    case 'incr':
    case 'decr':
      if (count < 3 || (count > 4 && compat === '1.6.18')) return malformed(request, tooFew(compat));
      request.noreply = noreply;
      if (!readKey(request)) return malformed(request, Answer.BadLine);
      request.delta = readUint64(source, starts[2]!, ends[2]!);
      return request.delta < 0 ? malformed(request, Answer.BadDelta) : request;
    case 'touch':
      break;
  }
  if (count < 3 || (count > 4 && compat === '1.6.18')) return malformed(request, tooFew(compat));
  request.noreply = noreply;
  return readKey(request) ? readExptime(request, 2, Answer.BadExptime) : malformed(request, Answer.BadLine);
}

function readDelete(request: Request, noreply: boolean, compat: Compat): Request {
  const { starts, count } = line;
  const { source } = request;
  if (count < 2 || (count > 4 && compat === '1.6.18')) return malformed(request, tooFew(compat));
  const good = readKey(request);
  if (count > 2) {
    request.noreply = noreply;
    // Ancient clients send a delay, which has to be 0.
    const held = tokenLength(2) === 1 && source[starts[2]!] === 0x30;
    const valid = count === 3 ? held || noreply : held && noreply;
    if (!valid && compat === '1.6.18') return malformed(request, Answer.BadDelete);
  }
  return good ? request : malformed(request, Answer.BadLine);
}

function tokenLength(token: number): number {
  return line.ends[token]! - line.starts[token]!;
}

/** Takes the second token for the key; `false` when it is too long. */
function readKey(request: Request): boolean {
  request.keyStart = line.starts[1]!;
  request.keyEnd = line.ends[1]!;
  return request.keyEnd - request.keyStart <= MAX_KEY_LENGTH;
}

function readExptime(request: Request, token: number, error: string): Request {
  request.exptime = readInt32(request.source, line.starts[token]!, line.ends[token]!);
  return request.exptime === NO_INTEGER ? malformed(request, error) : request;
}

/** Lines that are no command, empty ones, and those that are a command to some servers. */
function readOther(source: Buffer, start: number, next: number, known: boolean, compat: Compat): Request {
  const { starts, ends, count } = line;
  if (known && isHttp(source, line.lastStart, line.lastEnd))
    return new Request('close', source, start, line.lineEnd, next);
  const request = new Request('command', source, start, line.lineEnd, next);
  if (!known) return malformed(request, count === 0 ? tooFew(compat) : Answer.Error);
  if (tokenLength(0) === 1) return malformed(request, tooFew(compat));
  if (!COMMANDS.has(readLatin1(source, starts[0]!, ends[0]!))) return malformed(request, Answer.Error);
  request.noreply = count > 1 && isNoreply(source, line.lastStart, line.lastEnd);
  return request;
}

function malformed<R extends Request | MetaRequest>(request: R, error: string): R {
  request.error = error;
  return request;
}

/** The answer to a line that lacks something. */
function tooFew(compat: Compat): string {
  return compat === '1.6.18' ? Answer.Error : Answer.BadLine;
}

const NOREPLY = [0x6e, 0x6f, 0x72, 0x65, 0x70, 0x6c, 0x79];
const HTTP = [0x48, 0x54, 0x54, 0x50, 0x2f];

function isNoreply(source: Buffer, start: number, end: number): boolean {
  return end - start === NOREPLY.length && startsWith(source, start, NOREPLY);
}

function isHttp(source: Buffer, start: number, end: number): boolean {
  return end - start >= HTTP.length && startsWith(source, start, HTTP);
}

function startsWith(source: Buffer, start: number, bytes: readonly number[]): boolean {
  for (let i = 0; i < bytes.length; i++) if (source[start + i] !== bytes[i]) return false;
  return true;
}
