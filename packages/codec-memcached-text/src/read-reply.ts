import type { Buffer } from 'node:buffer';

import { ProtocolError, readLatin1 } from '@wirewright/core/codec';

import { line } from './line-scanner.ts';
import { NO_INTEGER, readLength, readUint64 } from './numbers.ts';
import { Reply, type Status, STATUS_WORDS } from './reply.ts';

const WORDS: ReadonlyMap<string, Status> = new Map(STATUS_WORDS.map((word) => [word, word]));

/** Longest word there is. */
const LONGEST = Math.max(...STATUS_WORDS.map(({ length }) => length));

/** Length of the value behind the line that was read last, or -1 where there is none. */
export const Value = { length: -1 };

/**
 * Makes a reply of the line that {@link line} has scanned, from `start` to `next`, and says in {@link Value} what is behind it.
 *
 * @throws {ProtocolError} a value is announced, and how long it is cannot be read
 */
export function readReply(source: Buffer, start: number, next: number): Reply {
  Value.length = -1;
  const { starts, ends, count, lineEnd } = line;
  const wordStart = count === 0 ? start : starts[0]!;
  const wordEnd = count === 0 ? start : ends[0]!;
  const status = statusOf(source, wordStart, wordEnd);
  const textStart = status === 'LINE' ? start : count > 1 ? starts[1]! : lineEnd;
  const reply = new Reply(status, source, start, textStart, lineEnd, next);
  if (status === 'VALUE' || status === 'CONFIG') {
    readValueLine(reply, source);
  } else if (status === 'VA') {
    if (count < 2) refuse(reply);
    announce(reply, source, 1);
    reply.textStart = count > 2 ? starts[2]! : lineEnd;
  } else if (status === 'NUMBER') {
    reply.number = readUint64(source, wordStart, wordEnd);
  } else if ((status === 'STAT' || status === 'ME' || status === 'ITEM') && count > 1) {
    reply.keyStart = starts[1]!;
    reply.keyEnd = ends[1]!;
  }
  return reply;
}

/** `VALUE <key> <flags> <bytes> [<cas>]` */
function readValueLine(reply: Reply, source: Buffer): void {
  const { starts, ends, count } = line;
  if (count < 4) refuse(reply);
  reply.keyStart = starts[1]!;
  reply.keyEnd = ends[1]!;
  reply.flags = readUint64(source, starts[2]!, ends[2]!);
  if (reply.flags < 0) refuse(reply);
  announce(reply, source, 3);
  if (count > 4) {
    const cas = readUint64(source, starts[4]!, ends[4]!);
    if (cas < 0) refuse(reply);
    reply.cas = cas;
  }
}

/** Takes a token for the length of a value. */
function announce(reply: Reply, source: Buffer, token: number): void {
  const length = readLength(source, line.starts[token]!, line.ends[token]!);
  if (length === NO_INTEGER) refuse(reply);
  Value.length = length;
}

function refuse({ source, start, lineEnd }: Reply): never {
  const shown = readLatin1(source, start, Math.min(lineEnd, start + 80));
  throw new ProtocolError(`${JSON.stringify(shown)} announces a value in a way that is no memcached server's`);
}

const VALUE = 0x5641_4c55;
const STORED = 0x5354_4f52;

/** The words of the usual answers are told by their bytes as integers. */
function statusOf(source: Buffer, start: number, end: number): Status {
  const length = end - start;
  const first = source[start]!;
  if (length === 2) {
    switch ((first << 8) | source[start + 1]!) {
      case 0x4844:
        return 'HD';
      case 0x5641:
        return 'VA';
      case 0x454e:
        return 'EN';
      case 0x4e46:
        return 'NF';
      case 0x4e53:
        return 'NS';
      case 0x4558:
        return 'EX';
      case 0x4d4e:
        return 'MN';
    }
  } else if (length === 3) {
    if (first === 0x45 && source[start + 1] === 0x4e && source[start + 2] === 0x44) return 'END';
  } else if (length === 5) {
    if (wordAt(source, start) === VALUE && source[start + 4] === 0x45) return 'VALUE';
  } else if (length === 6) {
    if (wordAt(source, start) === STORED && source[start + 4] === 0x45 && source[start + 5] === 0x44) return 'STORED';
  }
  return rareStatusOf(source, start, end);
}

function rareStatusOf(source: Buffer, start: number, end: number): Status {
  if (end === start) return 'LINE';
  const first = source[start]!;
  if (first >= 0x30 && first <= 0x39) {
    return line.count === 1 && readUint64(source, start, end) >= 0 ? 'NUMBER' : 'LINE';
  }
  // `ERROR: shutdown not enabled`
  const last = source[end - 1] === 0x3a ? end - 1 : end;
  return last - start > LONGEST ? 'LINE' : (WORDS.get(readLatin1(source, start, last)) ?? 'LINE');
}

function wordAt(source: Buffer, at: number): number {
  return (source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!;
}
