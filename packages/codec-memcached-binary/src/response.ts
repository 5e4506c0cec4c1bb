import type { Buffer } from 'node:buffer';

import type { FrameBody } from '@wirewright/core/codec';

import type { Cas } from './cas.ts';
import { Frame } from './frame.ts';
import { loudOpcode } from './opcode-rules.ts';
import { Opcode } from './opcode.ts';
import { HEADER } from './options.ts';
import { Status } from './status.ts';
import { readUint64, type Uint64 } from './uint64.ts';

/** What a server sends; {@link responses} makes them. A {@link BinaryResponse} that was received is one, too, and is sent on as it came. */
export interface ResponseFields {
  /** That of the request. */
  readonly opcode: number;
  /** One of `Status`; 0, a success, when it is left out. */
  readonly status?: number | undefined;
  /** That of the request. */
  readonly opaque?: number | undefined;
  /** The version of the item; 0 for none. */
  readonly cas?: Cas | undefined;
  /** Text is sent as utf-8. */
  readonly key?: FrameBody | undefined;
  /** Text is sent as utf-8. Bytes must not be changed until they are sent. */
  readonly value?: FrameBody | undefined;
  /** Of a hit, and of Touch: the flags of the item, which are the extras of the response. Without them it has none. */
  readonly flags?: number | undefined;
  /** Of Increment and Decrement, in place of the value: what the counter is now. */
  readonly counter?: Uint64 | undefined;
  /** In place of `flags`: any other extras. */
  readonly extras?: Uint8Array | undefined;
}

/**
 * What is wrong with a response that was received as a whole.
 *
 * | problem           | what is wrong                                             |
 * | ----------------- | --------------------------------------------------------- |
 * | `invalid-lengths` | extras and key are longer than the body that they are in  |
 * | `invalid-value`   | the answer to Increment or Decrement is no counter        |
 * | `too-large`       | the body was over `maxFrameLength`: its value was skipped |
 */
export type ResponseProblem = 'invalid-lengths' | 'invalid-value' | 'too-large';

/** A response as a client receives it. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor assigns what Frame declares
export class BinaryResponse {
  /** @internal */
  constructor(source: Buffer, start: number, end: number) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.newOpaque = -1;
  }

  /** What is wrong with the response, if something is. Only an unsuccessful one without a problem says what became of the request. */
  get problem(): ResponseProblem | undefined {
    const { bodyLength } = this;
    if (this.extrasLength + this.keyLength > bodyLength) return 'invalid-lengths';
    if (this.end - this.start < HEADER + bodyLength) return 'too-large';
    return isCounter(this) && this.valueLength !== 8 ? 'invalid-value' : undefined;
  }

  /** What became of the request: one of `Status`, or any other number of 16 bits. */
  get status(): number {
    const { source, start } = this;
    return (source[start + 6]! << 8) | source[start + 7]!;
  }

  /** Of a hit, and of Touch: the flags of the item. 0 when there are none. */
  get flags(): number {
    return this.extra32(0);
  }

  /** Of Increment and Decrement: what the counter is now. 0 of others. */
  get counter(): bigint {
    const at = this.valueStart();
    return isCounter(this) && this.end - at === 8 ? readUint64(this.source, at) : 0n;
  }

  /** The fields that such an answer has, for logs and tests; 64-bit numbers as text. */
  toJSON(): object {
    const { opcode, status, opaque, cas, key } = this;
    const common = { opcode, status, opaque, cas: String(cas) };
    if (isCounter(this)) return { ...common, counter: String(this.counter) };
    return { ...common, ...(this.extrasLength > 0 ? { flags: this.flags } : {}), key, value: this.value };
  }
}

export interface BinaryResponse extends Frame {}

Object.setPrototypeOf(BinaryResponse.prototype, Frame.prototype);

function isCounter({ opcode, status }: BinaryResponse): boolean {
  if (status !== Status.Success) return false;
  const loud = loudOpcode(opcode);
  return loud === Opcode.Increment || loud === Opcode.Decrement;
}
