/*
 * Requests in, responses out; numbers are big-endian (memcached, doc/protocol-binary.txt). frame.ts has all of the header.
 *
 *    0        1        2                 4        5        6                 8
 *   +--------+--------+-----------------+--------+--------+-----------------+-----------------------------------+
 *   | 80     | opcode | key length      | extras | 0      | vbucket         | body length, opaque, cas          |
 *   +--------+--------+-----------------+--------+--------+-----------------+-----------------------------------+
 *   | 81     | of the | key length      | extras | 0      | status          | body length, opaque, cas          |
 *   +--------+--------+-----------------+--------+--------+-----------------+-----------------------------------+
 *   body of a hit        | flags 4   | key, to GetK and GatK | value |
 *   body of a counter    | counter 8 |
 *   body of an error     | text      |
 */
import {
  type ByteReader,
  type ByteWriter,
  type Codec,
  type CodecFactory,
  type Description,
  FrameTooLargeError,
} from '@wirewright/core/codec';

import { describeHit, describeRequest, describeResponse } from './describe.ts';
import { FrameIntake } from './frame-intake.ts';
import { ItemResponse, writeItemResponse } from './item-response.ts';
import { HEADER, maxFrameLengthOf, type MemcachedBinaryOptions } from './options.ts';
import { BinaryRequest } from './request.ts';
import { BinaryResponse, type ResponseFields } from './response.ts';
import { readUint32, writeUint64 } from './uint64.ts';
import {
  checkFrame,
  checkUint32,
  lengthOf,
  Magic,
  patchLengths,
  refuseHeader,
  writeHeader,
  writeReceived,
  writeTexts,
} from './write-frame.ts';

/** What a server sends: a response, a hit from a store, or a {@link BinaryResponse} that was received from another server. */
export type ServerResponse = ResponseFields | ItemResponse;

/**
 * The codec of a server: it receives requests and sends responses.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function memcachedBinaryServer(
  options: MemcachedBinaryOptions = {},
): CodecFactory<BinaryRequest, ServerResponse> {
  const maxFrameLength = maxFrameLengthOf('memcachedBinaryServer()', options);
  return () => new MemcachedBinaryServerCodec(maxFrameLength);
}

class MemcachedBinaryServerCodec implements Codec<BinaryRequest, ServerResponse> {
  readonly maxFrameLength: number;
  readonly #intake: FrameIntake;

  constructor(maxFrameLength: number) {
    this.maxFrameLength = maxFrameLength;
    this.#intake = new FrameIntake(Magic.Request, maxFrameLength);
  }

  decode(input: ByteReader): BinaryRequest | undefined {
    const { length } = input;
    if (length >= HEADER && !this.#intake.skipping) {
      // Most frames are there as a whole.
      const { source, offset } = input;
      const body = readUint32(source, offset + 8);
      const end = HEADER + body;
      if (end <= length && body <= this.maxFrameLength && source[offset] === Magic.Request) {
        input.skip(end);
        return new BinaryRequest(source, offset, offset + end);
      }
    }
    const kept = this.#intake.take(input);
    return kept === undefined ? undefined : new BinaryRequest(kept, 0, kept.length);
  }

  encode(response: ServerResponse, output: ByteWriter): void {
    if (response instanceof ItemResponse) {
      writeItemResponse(response, output);
      return;
    }
    if (response instanceof BinaryResponse) {
      writeReceived(output, response);
      return;
    }
    const { opcode, status = 0, opaque = 0, cas = 0, key, value, flags, counter, extras } = response;
    if ((opcode & 0xff) !== opcode || (status & 0xffff) !== status || opaque >>> 0 !== opaque) {
      refuseHeader(opcode, status, opaque);
    }
    const extrasLength = extras === undefined ? (flags === undefined ? 0 : 4) : extras.length;
    // Text is nearly always ASCII: to count its bytes takes longer than to correct the lengths when it is not.
    const keyLength = key === undefined ? 0 : key.length;
    const valueLength = counter === undefined ? (value === undefined ? 0 : value.length) : 8;
    const length = extrasLength + keyLength + valueLength;
    this.#check(extrasLength, keyLength, length);
    const start = output.mark();
    const first = (Magic.Response << 24) | (opcode << 16) | keyLength;
    const second = (extrasLength << 24) | status;
    if (cas === 0) output.u32s(first, second, length, opaque, 0, 0);
    else writeHeader(output, first, second, length, opaque, cas);
    if (extras !== undefined) output.bytes(extras);
    else if (flags !== undefined) output.u32(checkUint32(flags, 'flags'));
    const body = counter === undefined ? value : undefined;
    if (writeTexts(output, start + HEADER + extrasLength, key, body)) {
      this.#correct(response, output, start, extrasLength);
    }
    if (counter !== undefined) writeUint64(output, counter, 'counter');
    else if (value !== undefined && typeof value !== 'string') output.bytes(value);
  }

  /** Counts the bytes of texts that are not ASCII, and corrects the header at `start`. */
  #correct({ key, value, counter }: ResponseFields, output: ByteWriter, start: number, extrasLength: number): void {
    const keyLength = lengthOf(key);
    const length = extrasLength + keyLength + (counter === undefined ? lengthOf(value) : 8);
    this.#check(extrasLength, keyLength, length);
    patchLengths(output, start, keyLength, length);
  }

  /** @throws {RangeError} the peer would refuse it, so it is refused here, where it can be traced to its cause */
  #check(extrasLength: number, keyLength: number, length: number): void {
    checkFrame(extrasLength, keyLength);
    if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
  }

  describe(message: BinaryRequest | ServerResponse): Description {
    if (message instanceof ItemResponse) return describeHit(message);
    return message instanceof BinaryRequest ? describeRequest(message) : describeResponse(message);
  }
}
