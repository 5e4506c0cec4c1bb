import { Buffer } from 'node:buffer';
import { inspect, isDeepStrictEqual } from 'node:util';

import { ByteReader } from '../codec/byte-reader.ts';
import { ByteView } from '../codec/byte-view.ts';
import type { Codec, CodecFactory } from '../codec/codec.ts';
import { decodeEnd, decodeNext } from '../codec/decode.ts';
import { WireError } from '../codec/errors.ts';
import { DEFAULT_MAX_FRAME_LENGTH } from '../codec/frame-limit.ts';

/** What makes a message comparable: a value that is deeply equal for equal messages. */
export type Describe = (message: never) => unknown;

/** What came out of a codec. */
export interface Driven {
  /** The messages, described when they came. */
  readonly messages: unknown[];
  /** How many bytes had gone in when each message came out. */
  readonly offsets: number[];
  /** How many bytes had been consumed then. */
  readonly positions: number[];
  /** What `decodeEnd` made, described. */
  last?: unknown;
  /** The code of the error that ended it. */
  error?: string;
}

/** Memory that a reader may keep for `received` bytes: growth is at most fourfold, and never follows a length that was claimed. */
const memoryLimit = (received: number): number => 4 * received + 1024;

/** Runs one codec over chunks as a connection would, but without one. */
export class Drive {
  readonly reader: ByteReader = new ByteReader();
  readonly result: Driven = { messages: [], offsets: [], positions: [] };
  readonly #codec: Codec<unknown, never>;
  readonly #describe: (message: unknown) => unknown;
  readonly #kept: { message: unknown; described: unknown }[] = [];
  #received = 0;

  constructor(factory: CodecFactory<never, never>, describe: Describe = describeMessage) {
    this.#codec = factory();
    this.#describe = describe as (message: unknown) => unknown;
    this.reader.maxFrameLength = this.#codec.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH;
  }

  /** Lets the codec see `chunk`; takes at most `most` messages in all. */
  feed(chunk: Uint8Array, most: number = Infinity): this {
    if (this.result.error !== undefined) return this;
    // Memory of its own, as a socket's chunks have it: a slice of a larger array would hide a read beyond the end.
    const own = Buffer.allocUnsafeSlow(chunk.length);
    own.set(chunk);
    this.#received += own.length;
    this.reader.push(own);
    this.#guard(() => {
      while (this.result.messages.length < most) {
        const message = decodeNext(this.#codec, this.reader);
        if (message === undefined) break;
        this.result.messages.push(this.#keep(message));
        this.result.offsets.push(this.#received);
        this.result.positions.push(this.reader.position);
      }
    });
    if (this.reader.memory > memoryLimit(this.#received)) {
      throw new Error(`${this.reader.memory} bytes are kept for ${this.#received} that were received`);
    }
    return this;
  }

  end(): this {
    if (this.result.error !== undefined) return this;
    this.#guard(() => {
      const last = decodeEnd(this.#codec, this.reader);
      if (last !== undefined) this.result.last = this.#keep(last);
    });
    return this;
  }

  /** Checks that the messages are still what they were when they came. */
  finish(): Driven {
    for (const { message, described } of this.#kept) {
      const now = this.#describe(message);
      if (!isDeepStrictEqual(now, described))
        throw new Error(`a message changed after it was handed out: ${show(described)} became ${show(now)}`);
    }
    return this.result;
  }

  #keep(message: unknown): unknown {
    const described = this.#describe(message);
    if (typeof message === 'object' && message !== null && 'retain' in message && typeof message.retain === 'function')
      message.retain();
    this.#kept.push({ message, described });
    return described;
  }

  #guard(body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.result.error = error.code;
    }
  }
}

/** How messages are compared unless the codec has a better way: bytes by their values, anything else as it is. */
export function describeMessage(message: unknown): unknown {
  if (message instanceof ByteView) return `bytes ${message.bytes.toString('hex')}`;
  if (message instanceof Uint8Array) return `bytes ${Buffer.from(message).toString('hex')}`;
  return message;
}

/** A value on one line. */
export function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Infinity, compact: true, maxStringLength: 200 });
}
