/*
 * Varint-prefixed frames: the body's length in base-128, least significant group first, as protobuf's delimited streams have it.
 *
 *   +---------------------+-------------------------+
 *   | varint, 1..10 bytes |   body, 0 .. max bytes  |
 *   +---------------------+-------------------------+
 */
import type { ByteReader } from '../byte-reader.ts';
import type { ByteWriter } from '../byte-writer.ts';
import type { Codec, CodecFactory } from '../codec.ts';
import { FrameTooLargeError } from '../errors.ts';
import { DEFAULT_MAX_FRAME_LENGTH } from '../frame-limit.ts';
import { integerOption, knownOptions } from '../options.ts';
import {
  type BodyReader,
  bodyReader,
  type FrameAs,
  type FrameBody,
  type FrameBodyOptions,
  type FrameEncoding,
  type FrameOf,
  type FrameTypes,
} from './frame-as.ts';
import { takeVarintPrefix } from './varint-prefix.ts';
import { bodyLength, writeBody } from './write-body.ts';

/** Options of {@link varintPrefixed}. */
export interface VarintPrefixedOptions extends FrameBodyOptions {
  /** Longest body in bytes, the prefix not counted. Default 1 MiB. */
  readonly maxFrameLength?: number | undefined;
}

/**
 * Frames that begin with their length as a varint. A padded varint (`80 00` for 0) is accepted up to ten bytes, as protobuf does.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function varintPrefixed<const Options extends VarintPrefixedOptions = Record<never, never>>(
  options?: Options,
): CodecFactory<FrameOf<Options, 'bytes'>, FrameBody> {
  const given: VarintPrefixedOptions = options ?? {};
  knownOptions('varintPrefixed()', given, ['maxFrameLength', 'as', 'encoding']);
  const encoding = given.encoding ?? 'utf8';
  const read = bodyReader(given.as ?? 'bytes', encoding);
  const maxFrameLength = integerOption('maxFrameLength', given.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH, 0);
  return () => new VarintPrefixedCodec(maxFrameLength, read, encoding) as Codec<FrameOf<Options, 'bytes'>, FrameBody>;
}

class VarintPrefixedCodec implements Codec<FrameTypes[FrameAs], FrameBody> {
  readonly maxFrameLength: number;
  readonly #read: BodyReader;
  readonly #encoding: FrameEncoding;

  constructor(maxFrameLength: number, read: BodyReader, encoding: FrameEncoding) {
    this.maxFrameLength = maxFrameLength;
    this.#read = read;
    this.#encoding = encoding;
  }

  decode(input: ByteReader): FrameTypes[FrameAs] | undefined {
    const length = takeVarintPrefix(input, this.maxFrameLength);
    return length === undefined ? undefined : this.#read(input, length, 0);
  }

  encode(body: FrameBody, output: ByteWriter): void {
    const length = bodyLength(body, this.#encoding);
    if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
    output.varint(length);
    writeBody(output, body, this.#encoding);
  }
}
