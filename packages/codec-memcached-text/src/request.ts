import type { Buffer } from 'node:buffer';

import { ByteView, readLatin1 } from '@wirewright/core/codec';

import { SPACE } from './characters.ts';
import type { Uint64 } from './numbers.ts';
import type { ClassicOp } from './ops.ts';

/**
 * A classic command as a server receives it. Key and value lie where they were received: the request is valid until the hook that got it has
 * settled, and {@link retain} makes it last. What a command does not have is 0, empty or `undefined`.
 *
 * All requests have the same fields, declared and set by the constructor: field initializers would take longer than the rest of it.
 */
export class Request {
  /** Which command. */
  declare readonly op: ClassicOp;
  /** What the request lies in; offsets count in it. */
  declare source: Buffer;
  /** Where the line starts. */
  declare start: number;
  /** Where the line ends, its `\r\n` not included. */
  declare lineEnd: number;
  /** Where the request ends, the value and all `\r\n` included. */
  declare end: number;
  /** Where the key starts; of many, the first, until {@link nextKey} moves on. */
  declare keyStart: number;
  /** Where that key ends. */
  declare keyEnd: number;
  /** Where the value starts; {@link start} if there is none. */
  declare valueStart: number;
  /** Where the value ends, its `\r\n` not included; {@link start} if there is none. */
  declare valueEnd: number;
  /** The client's flags: 32 bits. */
  declare flags: number;
  /** Seconds, or above 30 days a Unix time, as it was sent; the delay of `flush_all`; the level of `verbosity`. */
  declare exptime: number;
  /** Of `cas`. */
  declare cas: Uint64;
  /** Of `incr` and `decr`. */
  declare delta: Uint64;
  /** Whether nothing is to be answered, not even an error. */
  declare noreply: boolean;
  /** What a request that is malformed is answered, without `\r\n`, unless it is `noreply`. `undefined` for one in good order. */
  declare error: string | undefined;
  /** Whether the value was too large, and dropped. A `set` then takes the old value away, as in memcached. */
  declare tooLarge: boolean;

  constructor(op: ClassicOp, source: Buffer, start: number, lineEnd: number, end: number) {
    this.op = op;
    this.source = source;
    this.start = start;
    this.lineEnd = lineEnd;
    this.end = end;
    this.keyStart = start;
    this.keyEnd = start;
    this.valueStart = start;
    this.valueEnd = start;
    this.flags = 0;
    this.exptime = 0;
    this.cas = 0;
    this.delta = 0;
    this.noreply = false;
    this.error = undefined;
    this.tooLarge = false;
  }

  /** The key, each byte one character (latin1), so that two keys are never the same text. */
  get key(): string {
    return readLatin1(this.source, this.keyStart, this.keyEnd);
  }

  /** The bytes of the key: a view, as short-lived as the request. */
  get keyBytes(): Buffer {
    return this.source.subarray(this.keyStart, this.keyEnd);
  }

  /** The value: a view, as short-lived as the request. */
  get value(): Buffer {
    return this.source.subarray(this.valueStart, this.valueEnd);
  }

  /** Moves on to the next key of a `get` with many; `false` when there is none, and the key stays the last one. */
  nextKey(): boolean {
    const { source, lineEnd } = this;
    let at = this.keyEnd;
    while (at < lineEnd && source[at] === SPACE) at++;
    if (at === lineEnd) return false;
    const start = at;
    while (at < lineEnd && source[at] !== SPACE) at++;
    this.keyStart = start;
    this.keyEnd = at;
    return true;
  }

  /** All keys of a `get`, whichever {@link nextKey} has come to. */
  get keys(): string[] {
    return this.tokens.slice(this.op === 'gat' || this.op === 'gats' ? 2 : 1);
  }

  /** The words of the line, the command included. */
  get tokens(): string[] {
    return readLatin1(this.source, this.start, this.lineEnd)
      .split(' ')
      .filter((token) => token !== '');
  }

  /** Makes the request own its bytes, so that it outlives the hook, and returns it. A small one pins no large buffer afterwards. */
  retain(): this {
    const { start } = this;
    this.source = new ByteView(this.source, start, this.end).retain().source as Buffer;
    this.start = 0;
    this.lineEnd -= start;
    this.end -= start;
    this.keyStart -= start;
    this.keyEnd -= start;
    this.valueStart -= start;
    this.valueEnd -= start;
    return this;
  }

  /** What is in the request, and none of the bytes around it. */
  toJSON(): object {
    const { op, key, value, flags, exptime, cas, delta, noreply, error, tooLarge } = this;
    const keys = op.startsWith('g') ? this.keys : [key];
    return {
      op,
      ...(op === 'command' || op === 'stats' ? { tokens: this.tokens } : { keys }),
      ...(this.valueStart > this.start ? { value } : {}),
      flags,
      exptime,
      cas: Number(cas),
      delta: Number(delta),
      noreply,
      ...(error === undefined ? {} : { error, tooLarge }),
    };
  }

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Request): object {
        return this.toJSON();
      },
    });
  }
}
