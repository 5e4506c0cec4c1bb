/*
 * Length-prefixed frames: a header with a length field somewhere in it, then the body.
 *
 *   |<------ header ------>|
 *   +----------+-----------+-------------------------+
 *   |  offset  |   width   |          body           |
 *   |  bytes   |  length   |     0 .. max bytes      |
 *   +----------+-----------+-------------------------+
 *
 *   body bytes = length field + adjustment - (header, where the field counts it)
 */
import { Buffer } from 'node:buffer';

import type { ByteReader } from '../byte-reader.ts';
import type { ByteWriter } from '../byte-writer.ts';
import type { Codec, CodecFactory } from '../codec.ts';
import { FrameTooLargeError, ProtocolError } from '../errors.ts';
import { DEFAULT_MAX_FRAME_LENGTH } from '../frame-limit.ts';
import type { Endian } from '../integers.ts';
import { choiceOption, integerOption, knownOptions } from '../options.ts';
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

/** Options of {@link lengthPrefixed}: where the length field is, and what it counts. */
export interface LengthPrefixedOptions extends FrameBodyOptions {
  /** Bytes before the length field. Default 0. They are part of the message when `keepHeader` is set, else dropped, and sent as 0. */
  readonly offset?: number | undefined;
  /** Bytes of the length field, 1 to 8. Default 4. */
  readonly width?: number | undefined;
  /** Byte order of the length field. Default `'big'`. */
  readonly endian?: Endian | undefined;
  /** Added to the length field to get the number of bytes behind it. Default 0. */
  readonly adjustment?: number | undefined;
  /** Whether the length field counts the header (the `offset` bytes and itself) too. Default false. */
  readonly includesHeader?: boolean | undefined;
  /** Whether messages begin with the header. `encode` then takes them so and fills in the length field. Default false. */
  readonly keepHeader?: boolean | undefined;
  /** Longest body in bytes, the header not counted. Default 1 MiB. */
  readonly maxFrameLength?: number | undefined;
}

/**
 * Frames whose header says how long they are.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function lengthPrefixed<const Options extends LengthPrefixedOptions = Record<never, never>>(
  options?: Options,
): CodecFactory<FrameOf<Options, 'bytes'>, FrameBody> {
  const given: LengthPrefixedOptions = options ?? {};
  knownOptions('lengthPrefixed()', given, [
    'offset',
    'width',
    'endian',
    'adjustment',
    'includesHeader',
    'keepHeader',
    'maxFrameLength',
    'as',
    'encoding',
  ]);
  const offset = integerOption('offset', given.offset ?? 0, 0, 65_535);
  const width = integerOption('width', given.width ?? 4, 1, 8);
  const encoding = given.encoding ?? 'utf8';
  const adjustment = integerOption('adjustment', given.adjustment ?? 0, -Number.MAX_SAFE_INTEGER);
  const header = offset + width;
  const settings: Settings = {
    offset,
    width,
    header,
    encoding,
    endian: choiceOption('endian', given.endian ?? 'big', ['big', 'little']),
    adjustment: given.includesHeader === true ? adjustment - header : adjustment,
    keepHeader: given.keepHeader === true,
    read: bodyReader(given.as ?? 'bytes', encoding),
    maxFrameLength: integerOption('maxFrameLength', given.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH, 0),
  };
  return () => new LengthPrefixedCodec(settings) as Codec<FrameOf<Options, 'bytes'>, FrameBody>;
}

interface Settings {
  readonly offset: number;
  readonly width: number;
  readonly header: number;
  readonly endian: Endian;
  readonly adjustment: number;
  readonly keepHeader: boolean;
  readonly encoding: FrameEncoding;
  readonly read: BodyReader;
  readonly maxFrameLength: number;
}

class LengthPrefixedCodec implements Codec<FrameTypes[FrameAs], FrameBody> {
  readonly maxFrameLength: number;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.maxFrameLength = settings.maxFrameLength;
  }

  decode(input: ByteReader): FrameTypes[FrameAs] | undefined {
    const { offset, width, header, endian, adjustment, keepHeader, read } = this.#settings;
    if (input.length < header) return input.need(header, header);
    const field = input.uint(offset, width, endian);
    const length = field + adjustment;
    if (length < 0) throw new ProtocolError(`a length field of ${field} is below what the frame has at least`);
    // A field above 2^53 is over any limit, and no length to count with.
    if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
    if (input.length < header + length) return input.need(header + length, header);
    if (keepHeader) return read(input, header + length, 0);
    input.skip(header);
    return read(input, length, 0);
  }

  encode(message: FrameBody, output: ByteWriter): void {
    const { offset, width, header, endian, adjustment, keepHeader, encoding } = this.#settings;
    const length = bodyLength(message, encoding) - (keepHeader ? header : 0);
    if (length < 0) throw new RangeError(`with keepHeader a message is at least its header of ${header} bytes`);
    // The peer would refuse it, so it is refused here, where it can be traced to its cause.
    if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
    if (keepHeader) {
      const at = output.mark();
      writeHeadFirst(output, message, encoding, header);
      output.patch(at + offset, length - adjustment, width, endian);
    } else {
      for (let i = 0; i < offset; i++) output.u8(0);
      output.uint(length - adjustment, width, endian);
      writeBody(output, message, encoding);
    }
  }
}

/** Copies the head of `message`, whatever its size, so that it can be patched; the rest may go by reference. */
function writeHeadFirst(output: ByteWriter, message: FrameBody, encoding: FrameEncoding, head: number): void {
  const bytes =
    typeof message === 'string'
      ? Buffer.from(message, encoding)
      : message instanceof Uint8Array
        ? message
        : message.bytes;
  for (let i = 0; i < head; i++) output.u8(bytes[i]!);
  output.bytes(bytes.subarray(head));
}
