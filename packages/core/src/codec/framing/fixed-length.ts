/*
 * Fixed-length frames: nothing but bodies of one length.
 *
 *   +--------------+--------------+--------------+
 *   | length bytes | length bytes | length bytes |
 *   +--------------+--------------+--------------+
 */
import type { ByteReader } from '../byte-reader.ts';
import type { ByteWriter } from '../byte-writer.ts';
import type { Codec, CodecFactory } from '../codec.ts';
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

/** Options of {@link fixedLength}: what bodies are handed out as. */
export type FixedLengthOptions = FrameBodyOptions;

/**
 * Frames of `length` bytes each. `encode` refuses a body of another length.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function fixedLength<const Options extends FixedLengthOptions = Record<never, never>>(
  length: number,
  options?: Options,
): CodecFactory<FrameOf<Options, 'bytes'>, FrameBody> {
  const given: FixedLengthOptions = options ?? {};
  knownOptions('fixedLength()', given, ['as', 'encoding']);
  const encoding = given.encoding ?? 'utf8';
  const read = bodyReader(given.as ?? 'bytes', encoding);
  integerOption('length', length, 1);
  return () => new FixedLengthCodec(length, read, encoding) as Codec<FrameOf<Options, 'bytes'>, FrameBody>;
}

class FixedLengthCodec implements Codec<FrameTypes[FrameAs], FrameBody> {
  readonly maxFrameLength: number;
  readonly #read: BodyReader;
  readonly #encoding: FrameEncoding;

  constructor(length: number, read: BodyReader, encoding: FrameEncoding) {
    this.maxFrameLength = length;
    this.#read = read;
    this.#encoding = encoding;
  }

  decode(input: ByteReader): FrameTypes[FrameAs] | undefined {
    const length = this.maxFrameLength;
    return input.length < length ? input.need(length) : this.#read(input, length, 0);
  }

  encode(body: FrameBody, output: ByteWriter): void {
    const length = bodyLength(body, this.#encoding);
    if (length !== this.maxFrameLength)
      throw new RangeError(`a frame is ${this.maxFrameLength} bytes here, not ${length}`);
    writeBody(output, body, this.#encoding);
  }
}
