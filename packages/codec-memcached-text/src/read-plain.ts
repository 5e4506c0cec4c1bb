import type { Buffer } from 'node:buffer';

import * as characters from './characters.ts';
import { itemSize } from './item-size.ts';
import { flagBit, flagBits, isLowerFlag, LOWER_FLAGS } from './meta-letters.ts';
import { MetaRequest } from './meta-request.ts';
import { Request } from './request.ts';

/** Copies, since what another module exports is looked up each time, and what this one declares is known when it is compiled. */
const { CR, LF, SPACE, MAX_KEY_LENGTH } = characters;

/** Flags of `mg` that are a letter each, and change neither what the key means nor how the others are read. */
const LETTERS = LOWER_FLAGS & ~flagBits('b');

const ZERO = 0x30;

/** The first four bytes of lines, and of `mg` the first three. */
const GET = 0x6765_7420;
const SET = 0x7365_7420;
const MG = 0x6d_6720;

/** So many digits are surely no more than 32 bits. */
const MAX_DIGITS = 9;

/** Where the number that was read last ends. */
let numberEnd = 0;

/**
 * Reads the commonest lines in the form that they nearly always have, in less time than it takes to look for all tokens of a line before anybody knows
 * what they mean: `get` with one key, `set`, and `mg` with flags that are letters. There is a single space between the tokens, none at the end, and
 * numbers have digits alone.
 *
 * @param maxItemSize as in the options
 * @returns the request, of `set` as if the value were there as a whole; `undefined` for anything else, right or wrong, and for a line that has not
 *   come as a whole
 */
export function readPlain(
  source: Buffer,
  start: number,
  end: number,
  maxItemSize: number,
): Request | MetaRequest | undefined {
  // None is shorter than `mg k`.
  if (end - start < 6) return undefined;
  const word = (source[start]! << 24) | (source[start + 1]! << 16) | (source[start + 2]! << 8) | source[start + 3]!;
  const meta = word >>> 8 === MG;
  if (word !== GET && word !== SET && !meta) return undefined;
  const keyStart = start + (meta ? 3 : 4);
  // Behind a key there is one byte more at least.
  const limit = Math.min(end - 1, keyStart + MAX_KEY_LENGTH + 1);
  let keyEnd = keyStart;
  while (keyEnd < limit && source[keyEnd]! > SPACE) keyEnd++;
  if (keyEnd === keyStart || keyEnd === limit) return undefined;
  if (word === GET) return readGet(source, start, keyStart, keyEnd);
  if (meta) return readMetaGet(source, start, keyStart, keyEnd, end);
  return readSet(source, start, keyStart, keyEnd, end, maxItemSize);
}

function readGet(source: Buffer, start: number, keyStart: number, keyEnd: number): Request | undefined {
  if (source[keyEnd] !== CR || source[keyEnd + 1] !== LF) return undefined;
  const request = new Request('get', source, start, keyEnd, keyEnd + 2);
  request.keyStart = keyStart;
  request.keyEnd = keyEnd;
  return request;
}

function readMetaGet(
  source: Buffer,
  start: number,
  keyStart: number,
  keyEnd: number,
  end: number,
): MetaRequest | undefined {
  let lower = 0;
  let at = keyEnd;
  // In front of each letter there is a space, and behind it one byte more at least.
  for (; at + 2 < end && source[at] === SPACE; at += 2) {
    const letter = source[at + 1]!;
    const bit = flagBit(letter);
    if (!isLowerFlag(letter) || (LETTERS & bit) === 0 || (lower & bit) !== 0) return undefined;
    lower |= bit;
  }
  if (at + 1 >= end || source[at] !== CR || source[at + 1] !== LF) return undefined;
  const request = new MetaRequest('mg', source, start, at, at + 2);
  request.keyStart = keyStart;
  request.keyEnd = keyEnd;
  if (at > keyEnd) request.flagsStart = keyEnd + 1;
  request.lower = lower;
  return request;
}

function readSet(
  source: Buffer,
  start: number,
  keyStart: number,
  keyEnd: number,
  end: number,
  maxItemSize: number,
): Request | undefined {
  if (source[keyEnd] !== SPACE) return undefined;
  const flags = readNumber(source, keyEnd + 1, end, SPACE);
  if (flags < 0) return undefined;
  const exptime = readNumber(source, numberEnd + 1, end, SPACE);
  if (exptime < 0) return undefined;
  const length = readNumber(source, numberEnd + 1, end, CR);
  const lineEnd = numberEnd;
  if (length < 0 || lineEnd + 1 >= end || source[lineEnd + 1] !== LF) return undefined;
  if (itemSize(keyEnd - keyStart, flags, length) > maxItemSize) return undefined;
  const valueStart = lineEnd + 2;
  const valueEnd = valueStart + length;
  const request = new Request('set', source, start, lineEnd, valueEnd + 2);
  request.keyStart = keyStart;
  request.keyEnd = keyEnd;
  request.flags = flags;
  request.exptime = exptime;
  request.valueStart = valueStart;
  request.valueEnd = valueEnd;
  return request;
}

/** The number of up to nine digits at `start`, with `terminator` behind it; -1 for anything else. */
function readNumber(source: Buffer, start: number, end: number, terminator: number): number {
  const limit = Math.min(end, start + MAX_DIGITS + 1);
  let value = 0;
  for (let at = start; at < limit; at++) {
    const byte = source[at]!;
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9) {
      numberEnd = at;
      return byte === terminator && at > start ? value : -1;
    }
    value = value * 10 + digit;
  }
  return -1;
}
