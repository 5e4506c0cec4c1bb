import type { Buffer } from 'node:buffer';

import { ByteView, readLatin1, readUtf8 } from '@wirewright/core/codec';

import { SPACE } from './characters.ts';
import { readUint64, type Uint64 } from './numbers.ts';

/** Words that a reply starts with. */
export const STATUS_WORDS = [
  'VALUE',
  'END',
  'STORED',
  'NOT_STORED',
  'EXISTS',
  'NOT_FOUND',
  'DELETED',
  'TOUCHED',
  'OK',
  'RESET',
  'VERSION',
  'STAT',
  'ITEM',
  'CONFIG',
  'BUSY',
  'BADCLASS',
  'NOSPARE',
  'NOTFULL',
  'NOTSTARTED',
  'UNSAFE',
  'SAME',
  'MEMLIMIT_TOO_SMALL',
  'MEMLIMIT_ADJUST_FAILED',
  'WATCHER_TOO_MANY',
  'WATCHER_FAILED',
  'HD',
  'VA',
  'EN',
  'NF',
  'NS',
  'EX',
  'MN',
  'ME',
  'ERROR',
  'CLIENT_ERROR',
  'SERVER_ERROR',
] as const;

/** How a reply starts; `NUMBER` is the new value of a counter, `LINE` any other line, such as those of `watch`. */
export type Status = (typeof STATUS_WORDS)[number] | 'NUMBER' | 'LINE';

/**
 * A reply as a client receives it: one line, and with `VALUE`, `VA` and `CONFIG` the value behind it. It lies where it was received: it is valid
 * until the hook that got it has settled, and {@link retain} makes it last. What a reply does not have is 0, empty or `undefined`.
 */
export class Reply {
  /** What it starts with. */
  declare readonly status: Status;
  /** What the reply lies in; offsets count in it. */
  declare source: Buffer;
  /** Where the reply starts. */
  declare start: number;
  /** Where the reply ends, the value and all `\r\n` included. */
  declare end: number;
  /** Where the text behind the status starts. */
  declare textStart: number;
  /** Where the line ends, its `\r\n` not included. */
  declare lineEnd: number;
  /** Where the key of `VALUE` and `ME` starts, or the name of `STAT`, `ITEM` and `CONFIG`. */
  declare keyStart: number;
  /** Where it ends. */
  declare keyEnd: number;
  /** Where the value starts; {@link start} if there is none. */
  declare valueStart: number;
  /** Where the value ends, its `\r\n` not included; {@link start} if there is none. */
  declare valueEnd: number;
  /** The client's flags of `VALUE`. */
  declare flags: Uint64;
  /** The cas of `VALUE`, if it was asked for. */
  declare cas: Uint64 | undefined;
  /** The new value of a counter. */
  declare number: Uint64;

  constructor(status: Status, source: Buffer, start: number, textStart: number, lineEnd: number, end: number) {
    this.status = status;
    this.source = source;
    this.start = start;
    this.end = end;
    this.textStart = textStart;
    this.lineEnd = lineEnd;
    this.keyStart = start;
    this.keyEnd = start;
    this.valueStart = start;
    this.valueEnd = start;
    this.flags = 0;
    this.cas = undefined;
    this.number = 0;
  }

  /** Whether the server refused the command, or failed. */
  get isError(): boolean {
    const { status } = this;
    return status === 'ERROR' || status === 'CLIENT_ERROR' || status === 'SERVER_ERROR';
  }

  /** The key, or the name of a statistic, as utf-8 text. */
  get key(): string {
    const { source, keyStart, keyEnd } = this;
    for (let at = keyStart; at < keyEnd; at++) if (source[at]! > 0x7f) return readUtf8(source, keyStart, keyEnd);
    return readLatin1(source, keyStart, keyEnd);
  }

  /** The bytes of the key: a view, as short-lived as the reply. */
  get keyBytes(): Buffer {
    return this.source.subarray(this.keyStart, this.keyEnd);
  }

  /** The value: a view, as short-lived as the reply. */
  get value(): Buffer {
    return this.source.subarray(this.valueStart, this.valueEnd);
  }

  /** What stands behind the status on its line; behind the name, for `STAT`; the whole line of a `LINE`. */
  get text(): string {
    const from = this.status === 'STAT' ? Math.min(this.keyEnd + 1, this.lineEnd) : this.textStart;
    return readUtf8(this.source, from, this.lineEnd);
  }

  /** The text behind the letter of a meta flag, empty if there is none; `undefined` when the flag is not there. */
  flag(letter: string): string | undefined {
    const at = flagAt(this, letter);
    return at < 0 ? undefined : readLatin1(this.source, at, tokenEnd(this.source, at, this.lineEnd));
  }

  /** Whether a meta flag is there. */
  has(letter: string): boolean {
    return flagAt(this, letter) >= 0;
  }

  /** The number behind the letter of a meta flag; negative for `t-1`; `undefined` when the flag is not there, or no number. */
  flagNumber(letter: string): Uint64 | undefined {
    const at = flagAt(this, letter);
    if (at < 0) return undefined;
    const { source, lineEnd } = this;
    const negative = source[at] === 0x2d;
    const value = readUint64(source, negative ? at + 1 : at, tokenEnd(source, at, lineEnd));
    if (value < 0) return undefined;
    return negative ? -value : value;
  }

  /** Makes the reply own its bytes, so that it outlives the hook, and returns it. A small one pins no large buffer afterwards. */
  retain(): this {
    const { start } = this;
    this.source = new ByteView(this.source, start, this.end).retain().source as Buffer;
    this.start = 0;
    this.end -= start;
    this.textStart -= start;
    this.lineEnd -= start;
    this.keyStart -= start;
    this.keyEnd -= start;
    this.valueStart -= start;
    this.valueEnd -= start;
    return this;
  }

  /** What is in the reply, and none of the bytes around it. */
  toJSON(): object {
    const { status, key, text, flags, cas, number } = this;
    if (status === 'NUMBER') return { status, number: String(number) };
    if (status === 'VALUE') return { status, key, flags: Number(flags), cas: cas && String(cas), value: this.value };
    return {
      status,
      ...(key === '' ? {} : { key }),
      text,
      ...(this.valueStart > this.start ? { value: this.value } : {}),
    };
  }

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Reply): object {
        return this.toJSON();
      },
    });
  }
}

/** Where the text behind the letter of a flag starts, or -1. */
function flagAt({ source, textStart, lineEnd }: Reply, letter: string): number {
  const code = letter.charCodeAt(0);
  // In front of the flags may stand the length of the value, which is no letter.
  for (let at = textStart; at < lineEnd; at = tokenEnd(source, at, lineEnd) + 1) if (source[at] === code) return at + 1;
  return -1;
}

function tokenEnd(source: Buffer, at: number, lineEnd: number): number {
  let end = at;
  while (end < lineEnd && source[end] !== SPACE) end++;
  return end;
}
