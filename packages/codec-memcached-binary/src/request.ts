import type { Buffer } from 'node:buffer';

import type { FrameBody } from '@wirewright/core/codec';

import type { Cas } from './cas.ts';
import { Frame } from './frame.ts';
import { Extras, extrasOf } from './opcode-rules.ts';
import { HEADER } from './options.ts';
import { requestProblem, type RequestProblem, TOO_LARGE } from './request-problem.ts';
import { readUint32, type Uint64 } from './uint64.ts';

/**
 * What a client sends; {@link requests} has a function for every opcode that makes one. Numbers that are left out are 0. A
 * {@link BinaryRequest} that was received is one, too, and is sent on as it came.
 */
export interface RequestFields {
  /** What to do: one of `Opcode`. */
  readonly opcode: number;
  /** 32 bits that the answer will have, too. */
  readonly opaque?: number | undefined;
  /** 16 bits that memcached ignores. Default 0. */
  readonly vbucket?: number | undefined;
  /** The version that the item has to have; 0 for any. */
  readonly cas?: Cas | undefined;
  /** Text is sent as utf-8. At most 250 bytes; of SASL, the mechanism. */
  readonly key?: FrameBody | undefined;
  /** Text is sent as utf-8. Bytes must not be changed until they are sent. */
  readonly value?: FrameBody | undefined;
  /** Of Set, Add and Replace: 32 bits that are kept with the value. */
  readonly flags?: number | undefined;
  /**
   * When the item expires, in seconds from now, or above 30 days as Unix time; 0 for never. Of Increment and Decrement, 0xffffffff says that a counter that
   * is not there is not made. Of Flush, when to.
   */
  readonly exptime?: number | undefined;
  /** Of Increment and Decrement: by how much. */
  readonly delta?: Uint64 | undefined;
  /** Of Increment and Decrement: what a counter that is not there is made with. */
  readonly initial?: Uint64 | undefined;
  /** Of Verbosity. */
  readonly level?: number | undefined;
  /** Instead of those that the opcode has; then nothing about the request is checked but that it is a frame. */
  readonly extras?: Uint8Array | undefined;
}

/** A request as a server receives it. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor assigns what Frame declares
export class BinaryRequest {
  /** @internal */
  constructor(source: Buffer, start: number, end: number) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.newOpaque = -1;
  }

  /** What is wrong with the request, if it cannot be done; look at it first. */
  get problem(): RequestProblem | undefined {
    const { source, start } = this;
    const keyLength = (source[start + 2]! << 8) | source[start + 3]!;
    const bodyLength = readUint32(source, start + 8);
    const problem = requestProblem(source[start + 1]!, source[start + 4]!, keyLength, bodyLength);
    return problem === undefined && this.end - start < HEADER + bodyLength ? TOO_LARGE : problem;
  }

  /** A number that memcached ignores. */
  get vbucket(): number {
    const { source, start } = this;
    return (source[start + 6]! << 8) | source[start + 7]!;
  }

  /** Of Set, Add and Replace: 32 bits to keep with the value. 0 of others. */
  get flags(): number {
    return extrasOf(this.opcode) === Extras.Store ? this.extra32(0) : 0;
  }

  /**
   * Of Set, Add, Replace, Touch and Gat when the item expires, of Increment and Decrement when one that is made for them does, and of Flush when to: see
   * {@link RequestFields.exptime}. 0 of others.
   */
  get exptime(): number {
    switch (extrasOf(this.opcode)) {
      case Extras.Store:
        return this.extra32(4);
      case Extras.Counter:
        return this.extra32(16);
      case Extras.Exptime:
      case Extras.Flush:
        return this.extra32(0);
      default:
        return 0;
    }
  }

  /** Of Increment and Decrement: by how much. 0 of others. */
  get delta(): bigint {
    return extrasOf(this.opcode) === Extras.Counter ? this.extra64(0) : 0n;
  }

  /** Of Increment and Decrement: what to make a counter with that is not there. 0 of others. */
  get initial(): bigint {
    return extrasOf(this.opcode) === Extras.Counter ? this.extra64(8) : 0n;
  }

  /** Of Verbosity. 0 of others. */
  get level(): number {
    return extrasOf(this.opcode) === Extras.Level ? this.extra32(0) : 0;
  }

  /** The fields that its opcode has, for logs and tests; 64-bit numbers as text. */
  toJSON(): object {
    const { opcode, opaque, vbucket, cas, key, value } = this;
    const given: Record<string, unknown> = { opcode, opaque, vbucket, cas: String(cas) };
    switch (extrasOf(opcode)) {
      case Extras.Store:
        given['flags'] = this.flags;
        given['exptime'] = this.exptime;
        break;
      case Extras.Counter:
        given['delta'] = String(this.delta);
        given['initial'] = String(this.initial);
        given['exptime'] = this.exptime;
        break;
      case Extras.Exptime:
      case Extras.Flush:
        given['exptime'] = this.exptime;
        break;
      case Extras.Level:
        given['level'] = this.level;
        break;
      default:
    }
    return { ...given, key, value };
  }
}

export interface BinaryRequest extends Frame {}

Object.setPrototypeOf(BinaryRequest.prototype, Frame.prototype);
