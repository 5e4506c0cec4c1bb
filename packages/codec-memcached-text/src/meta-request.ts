import type { Buffer } from 'node:buffer';

import { ByteView, readLatin1 } from '@wirewright/core/codec';

import { type MetaArguments, NO_ARGUMENTS } from './meta-arguments.ts';
import { flagBit, isUpperFlag, type MetaFlagSet } from './meta-letters.ts';
import type { Uint64 } from './numbers.ts';
import type { MetaOp } from './ops.ts';

/**
 * A meta command as a server receives it. Key and value lie where they were received: the request is valid until the hook that got it has
 * settled, and {@link retain} makes it last.
 */
export class MetaRequest {
  /** Which command. */
  declare readonly op: MetaOp;
  /** What the request lies in; offsets count in it. */
  declare source: Buffer;
  /** Where the line starts. */
  declare start: number;
  /** Where the line ends, its `\r\n` not included. */
  declare lineEnd: number;
  /** Where the request ends, the value and all `\r\n` included. */
  declare end: number;
  /** Where the key starts as it was sent, in base64 if flag `b` says so. */
  declare keyStart: number;
  /** Where it ends. */
  declare keyEnd: number;
  /** Where the first flag lies, or would. */
  declare flagsStart: number;
  /** Where the value starts; {@link start} if there is none. */
  declare valueStart: number;
  /** Where the value ends, its `\r\n` not included; {@link start} if there is none. */
  declare valueEnd: number;
  /** Where the text of flag `O` starts, behind the letter. */
  declare opaqueStart: number;
  /** Where it ends. */
  declare opaqueEnd: number;
  /** @internal Which flags were sent, a bit for each letter. */
  declare lower: number;
  /** @internal */
  declare upper: number;
  /** The key that was sent in base64, decoded; `undefined` for one that was sent as it is. */
  declare binaryKey: Buffer | undefined;
  /** @internal */
  declare args: MetaArguments;
  /** What a request that is malformed is answered, without `\r\n`. `undefined` for one in good order. */
  declare error: string | undefined;
  /** Whether the value was too large, and dropped. The old one goes, too, whatever the mode, as in memcached. */
  declare tooLarge: boolean;

  constructor(op: MetaOp, source: Buffer, start: number, lineEnd: number, end: number) {
    this.op = op;
    this.source = source;
    this.start = start;
    this.lineEnd = lineEnd;
    this.end = end;
    this.keyStart = start;
    this.keyEnd = start;
    this.flagsStart = lineEnd;
    this.valueStart = start;
    this.valueEnd = start;
    this.opaqueStart = start;
    this.opaqueEnd = start;
    this.lower = 0;
    this.upper = 0;
    this.binaryKey = undefined;
    this.args = NO_ARGUMENTS;
    this.error = undefined;
    this.tooLarge = false;
  }

  /** Whether the flag with that letter was sent. */
  has(letter: string): boolean {
    const code = letter.charCodeAt(0);
    return ((isUpperFlag(code) ? this.upper : this.lower) & flagBit(code)) !== 0;
  }

  /** Whether any of these flags was sent: to look for several at once is faster. */
  hasAny(flags: MetaFlagSet): boolean {
    return (this.lower & flags.lower) !== 0 || (this.upper & flags.upper) !== 0;
  }

  /** The key, decoded if it was sent in base64; each byte one character (latin1), so that two keys are never the same text. */
  get key(): string {
    const { binaryKey } = this;
    if (binaryKey === undefined) return readLatin1(this.source, this.keyStart, this.keyEnd);
    return readLatin1(binaryKey, 0, binaryKey.length);
  }

  /** The bytes of the key, decoded if it was sent in base64: as short-lived as the request. */
  get keyBytes(): Buffer {
    return this.binaryKey ?? this.source.subarray(this.keyStart, this.keyEnd);
  }

  /** The value: a view, as short-lived as the request. */
  get value(): Buffer {
    return this.source.subarray(this.valueStart, this.valueEnd);
  }

  /** Flag `q`: the usual outcome is not answered (`EN` of `mg`, `HD` of the others); everything else is, errors too. */
  get quiet(): boolean {
    return this.has('q');
  }

  /** Meta commands have no `noreply`. */
  get noreply(): boolean {
    return false;
  }

  /** Flag `T`: seconds to live, or above 30 days a Unix time. */
  get exptime(): number | undefined {
    return this.args.exptime;
  }

  /** Flag `N`: on a miss, make an item that lives so long. */
  get vivify(): number | undefined {
    return this.args.vivify;
  }

  /** Flag `R`: whoever asks when less than these seconds are left is told to recache. */
  get recache(): number | undefined {
    return this.args.recache;
  }

  /** Flag `F`: the client's flags, 32 bits. */
  get flags(): number | undefined {
    return this.args.flags;
  }

  /** Flag `C`: only if the item has this cas. */
  get cas(): Uint64 | undefined {
    return this.args.cas;
  }

  /** Flag `E`: the cas that the item gets. */
  get newCas(): Uint64 | undefined {
    return this.args.newCas;
  }

  /** Flag `D`: what is added or taken away; 1 when it was not sent. */
  get delta(): Uint64 {
    return this.args.delta ?? 1;
  }

  /** Flag `J`: what the item starts with when `N` makes it; 0 when it was not sent. */
  get initial(): Uint64 {
    return this.args.initial ?? 0;
  }

  /** Flag `M`: `E`, `A`, `P`, `R`, `S` of `ms`, `I`, `+`, `D`, `-` of `ma`. */
  get mode(): string | undefined {
    return this.args.mode;
  }

  /** Flag `O`: what the answer is to carry along. */
  get opaque(): string | undefined {
    return this.has('O') ? readLatin1(this.source, this.opaqueStart, this.opaqueEnd) : undefined;
  }

  /** The flags as they were sent. */
  get tokens(): string[] {
    return readLatin1(this.source, this.flagsStart, this.lineEnd)
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
    this.flagsStart -= start;
    this.valueStart -= start;
    this.valueEnd -= start;
    this.opaqueStart -= start;
    this.opaqueEnd -= start;
    return this;
  }

  /** What is in the request, and none of the bytes around it. */
  toJSON(): object {
    const { op, key, tokens, error, tooLarge } = this;
    return {
      op,
      key,
      flags: tokens,
      ...(this.valueStart > this.start ? { value: this.value } : {}),
      ...(error === undefined ? {} : { error, tooLarge }),
    };
  }

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: MetaRequest): object {
        return this.toJSON();
      },
    });
  }
}
