/*
 * Parcels: a name and a value, to be kept and to be fetched.
 *
 *     0       1       2               4                               8
 *     +-------+-------+---------------+-------------------------------+
 *     | 0x50  | kind  | name length   | body length                   |
 *     +-------+-------+---------------+-------------------------------+
 *     | name, utf-8                   | value: the rest of the body   |
 *     +-------------------------------+-------------------------------+
 *
 *   numbers are big-endian; the body is the name and the value
 */
import {
  type ByteReader,
  type ByteWriter,
  type Codec,
  type CodecFactory,
  DEFAULT_MAX_FRAME_LENGTH,
  DiscardedFrame,
  FrameTooLargeError,
  integerOption,
  knownOptions,
  ProtocolError,
  TruncatedFrameError,
} from '@wirewright/core/codec';

const MAGIC = 0x50;
const HEADER = 8;

/** Their numbers are their places, from 1 on. */
const KINDS = ['get', 'put', 'value', 'missing', 'refused'] as const;

export interface Parcel {
  readonly kind: (typeof KINDS)[number];
  readonly name: string;
  readonly value: Uint8Array;
}

/** A parcel in good order whose kind nobody knows: the stream goes on behind it, and the service can answer it. */
export interface UnknownParcel {
  readonly kind: 'unknown';
  readonly number: number;
  readonly name: string;
}

/** What comes in. A parcel over the limit is dropped, and a `DiscardedFrame` takes its place. */
export type Incoming = Parcel | UnknownParcel | DiscardedFrame;

export interface ParcelOptions {
  /** Longest body in bytes. Default 1 MiB. */
  readonly maxFrameLength?: number | undefined;
}

/**
 * The codec for parcels, for both sides.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function parcels(options: ParcelOptions = {}): CodecFactory<Incoming, Parcel> {
  knownOptions('parcels()', options, ['maxFrameLength']);
  const limit = integerOption('maxFrameLength', options.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH, 1);
  return () => new ParcelCodec(limit);
}

class ParcelCodec implements Codec<Incoming, Parcel> {
  readonly maxFrameLength: number;
  /** Length of the body that is being dropped, and how much of it is still to come. */
  #dropped = 0;
  #left = 0;

  constructor(maxFrameLength: number) {
    this.maxFrameLength = maxFrameLength;
  }

  decode(input: ByteReader): Incoming | undefined {
    if (this.#left > 0) return this.#drop(input);
    if (input.length < HEADER) return input.need(HEADER, HEADER);

    if (input.u8(0) !== MAGIC) throw new ProtocolError(`a parcel begins with 0x50, not 0x${input.u8(0).toString(16)}`);
    const number = input.u8(1);
    const nameLength = input.u16(2);
    const bodyLength = input.u32(4);
    if (nameLength > bodyLength) throw new ProtocolError(`a name of ${nameLength} bytes is longer than its body`);

    if (bodyLength > this.maxFrameLength) {
      input.skip(HEADER);
      this.#dropped = bodyLength;
      this.#left = bodyLength;
      return undefined;
    }

    if (input.length < HEADER + bodyLength) return input.need(HEADER + bodyLength, HEADER);
    input.skip(HEADER);
    const name = input.utf8(nameLength);
    const value = input.take(bodyLength - nameLength);
    const kind = KINDS[number - 1];
    return kind === undefined ? { kind: 'unknown', number, name } : { kind, name, value };
  }

  decodeEnd(): undefined {
    if (this.#left > 0) throw new TruncatedFrameError(this.#dropped - this.#left);
  }

  encode({ kind, name, value }: Parcel, output: ByteWriter): void {
    output.u8(MAGIC);
    output.u8(KINDS.indexOf(kind) + 1);
    const lengths = output.mark();
    output.u16(0);
    output.u32(0);

    const start = output.length;
    output.utf8(name);
    const nameLength = output.length - start;
    output.bytes(value);
    const bodyLength = output.length - start;
    if (bodyLength > this.maxFrameLength) throw new FrameTooLargeError(bodyLength, this.maxFrameLength);

    output.patch(lengths, nameLength, 2);
    output.patch(lengths + 2, bodyLength, 4);
  }

  #drop(input: ByteReader): DiscardedFrame | undefined {
    const n = Math.min(input.length, this.#left);
    input.skip(n);
    this.#left -= n;
    return this.#left > 0 ? undefined : new DiscardedFrame(this.#dropped, this.maxFrameLength);
  }
}
