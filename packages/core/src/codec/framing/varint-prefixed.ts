/*
 * Varint-prefixed frames: the body's length in base-128, least significant group first, as protobuf's delimited streams have it.
 *
 *   +---------------------+-------------------------+
 *   | varint, 1..10 bytes |   body, 0 .. max bytes  |
 *   +---------------------+-------------------------+
 */
import type { ByteReader } from '../byte-reader.ts';
import type { ByteWriter } from '../byte-writer.ts';
import { type Codec, type CodecFactory, DEFAULT_MAX_FRAME_LENGTH } from '../codec.ts';
import { FrameTooLargeError, ProtocolError } from '../errors.ts';
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
import { bodyLength, writeBody } from './write-body.ts';

export interface VarintPrefixedOptions extends FrameBodyOptions {
  /** Longest body in bytes, the prefix not counted. Default 1 MiB. */
  readonly maxFrameLength?: number | undefined;
}

/** Ten groups of seven bits carry 64: a longer varint is no number that anybody meant. */
const MAX_VARINT = 10;

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
    const available = Math.min(input.length, MAX_VARINT);
    let length = 0;
    let scale = 1;
    for (let i = 0; i < available; i++, scale *= 128) {
      const group = input.u8(i);
      length += (group & 0x7f) * scale;
      if (group < 0x80) {
        const prefix = i + 1;
        if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
        if (input.length < prefix + length) return input.need(prefix + length, prefix);
        input.skip(prefix);
        return this.#read(input, length, 0);
      }
    }
    if (available === MAX_VARINT) throw new ProtocolError(`a varint of more than ${MAX_VARINT} bytes is no length`);
    return input.need(available + 1, MAX_VARINT);
  }

  encode(body: FrameBody, output: ByteWriter): void {
    const length = bodyLength(body, this.#encoding);
    if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
    output.varint(length);
    writeBody(output, body, this.#encoding);
  }
}
