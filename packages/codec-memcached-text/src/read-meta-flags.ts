import type { Buffer } from 'node:buffer';

import { readLatin1 } from '@wirewright/core/codec';

import { Answer, type Compat } from './answers.ts';
import { decodeBase64 } from './base64.ts';
import type { LineScanner } from './line-scanner.ts';
import { MetaArguments, NO_ARGUMENTS } from './meta-arguments.ts';
import { flagBit, flagBits, isLowerFlag, isUpperFlag, LOWER_FLAGS, UPPER_FLAGS } from './meta-letters.ts';
import type { MetaRequest } from './meta-request.ts';
import { NO_INTEGER, readFlags, readInt32, readUint64 } from './numbers.ts';

/** Those of which the text behind the letter means something. */
const WITH_ARGUMENT = flagBits('CDEFJMNRT');

/** Longest text of flag `O` (MFLAG_MAX_OPAQUE_LENGTH, which counts the letter). */
const MAX_OPAQUE = 31;

/** Most tokens of a command (MFLAG_MAX_OPT_LENGTH; 1.6.18 counts the end of the line). */
const MAX_TOKENS = { '1.6.18': 19, '1.6.45': 20 } as const;

/** From here on memcached has no room to note that it has seen a flag, and says that it has. */
const NO_FLAG = 0x7f;

const STORE_MODES = 'EAPRS';
const ARITHMETIC_MODES = 'I+D-';

/**
 * Reads the flags of a command, the tokens from `first` on, into the request. Returns what to answer when they are wrong: of several
 * mistakes the last one, unless a flag is unknown or there twice, as memcached does.
 */
export function readMetaFlags(
  request: MetaRequest,
  line: LineScanner,
  first: number,
  compat: Compat,
): string | undefined {
  const { source, op } = request;
  const { count, starts, ends } = line;
  if (count > MAX_TOKENS[compat]) return compat === '1.6.18' && op !== 'mg' ? Answer.ManyFlags18 : Answer.ManyFlags;
  let lower = 0;
  let upper = 0;
  let error: string | undefined;
  for (let i = first; i < count; i++) {
    const start = starts[i]!;
    const letter = source[start]!;
    const bit = flagBit(letter);
    if (isLowerFlag(letter)) {
      if ((lower & bit) !== 0) return flagError(Answer.DuplicateFlag, op, compat);
      if ((LOWER_FLAGS & bit) === 0) return flagError(Answer.InvalidFlag, op, compat);
      lower |= bit;
      if (bit === BASE64) {
        request.binaryKey = decodeBase64(source, request.keyStart, request.keyEnd);
        if (request.binaryKey === undefined) error = Answer.BadKey;
      }
    } else if (isUpperFlag(letter)) {
      if ((upper & bit) !== 0) return flagError(Answer.DuplicateFlag, op, compat);
      if ((UPPER_FLAGS & bit) === 0) return flagError(Answer.InvalidFlag, op, compat);
      upper |= bit;
      if ((WITH_ARGUMENT & bit) !== 0) error = worse(error, readArgument(request, letter, start + 1, ends[i]!, compat));
      else if (letter === Letter.O) {
        request.opaqueStart = start + 1;
        request.opaqueEnd = ends[i]!;
      }
    } else {
      return flagError(letter >= NO_FLAG ? Answer.DuplicateFlag : Answer.InvalidFlag, op, compat);
    }
  }
  request.lower = lower;
  request.upper = upper;
  if (error !== undefined) return flagError(error, op, compat);
  if ((upper & MODE) !== 0 && !isMode(op, request.mode!)) {
    return op === 'ms' ? Answer.BadStoreMode : Answer.BadArithmeticMode;
  }
  return request.opaqueEnd - request.opaqueStart > MAX_OPAQUE ? Answer.LongOpaque : undefined;
}

const Letter = {
  C: 0x43,
  D: 0x44,
  E: 0x45,
  F: 0x46,
  J: 0x4a,
  M: 0x4d,
  N: 0x4e,
  O: 0x4f,
  R: 0x52,
  T: 0x54,
} as const;

const BASE64 = flagBits('b');
const MODE = flagBits('M');

/** Reads what stands behind a letter; returns what is wrong with it. */
function readArgument(
  request: MetaRequest,
  letter: number,
  start: number,
  end: number,
  compat: Compat,
): string | undefined {
  const { source } = request;
  if (request.args === NO_ARGUMENTS) request.args = new MetaArguments();
  const { args } = request;
  switch (letter) {
    case Letter.T:
      return (args.exptime = readInt32(source, start, end)) === NO_INTEGER ? Answer.BadToken : undefined;
    case Letter.N:
      return (args.vivify = readInt32(source, start, end)) === NO_INTEGER ? Answer.BadToken : undefined;
    case Letter.R:
      return (args.recache = readInt32(source, start, end)) === NO_INTEGER ? Answer.BadToken : undefined;
    case Letter.F:
      return (args.flags = flagsAt(source, start, end)) === NO_INTEGER ? Answer.BadLine : undefined;
    case Letter.C:
      return (args.cas = readUint64(source, start, end)) < 0 ? Answer.BadToken : undefined;
    case Letter.E:
      return (args.newCas = readUint64(source, start, end)) < 0 ? Answer.BadToken : undefined;
    case Letter.J:
      return (args.initial = readUint64(source, start, end)) < 0 ? Answer.BadInitial : undefined;
    case Letter.D:
      return (args.delta = readUint64(source, start, end)) < 0 ? Answer.BadMetaDelta : undefined;
    default:
      args.mode = start < end ? readLatin1(source, start, start + 1) : '';
      return compat === '1.6.18' && end - start !== 1 ? Answer.BadModeLength : undefined;
  }
}

/** Of two mistakes the later one, except that bad client flags are told only when nothing else is wrong. */
function worse(before: string | undefined, now: string | undefined): string | undefined {
  return now === undefined || (now === Answer.BadLine && before !== undefined) ? before : now;
}

function flagsAt(source: Buffer, start: number, end: number): number {
  return start < end ? readFlags(source, start, end) : NO_INTEGER;
}

function isMode(op: string, mode: string): boolean {
  if (op === 'ms') return mode !== '' && STORE_MODES.includes(mode);
  return op !== 'ma' || (mode !== '' && ARITHMETIC_MODES.includes(mode));
}

/** `ma`, and in 1.6.18 `md`, do not say which mistake it was. */
function flagError(error: string, op: string, compat: Compat): string {
  return op === 'ma' || (op === 'md' && compat === '1.6.18') ? Answer.InvalidOrDuplicateFlag : error;
}
