import {
  bodyLength,
  type ByteReader,
  type ByteWriter,
  type Codec,
  type CodecFactory,
  type Description,
  FrameTooLargeError,
  writeBody,
} from '@wirewright/core/codec';

import { describeRequest, describeResponse } from './describe.ts';
import { FrameIntake } from './frame-intake.ts';
import { HEADER, maxFrameLengthOf, type MemcachedBinaryOptions } from './options.ts';
import { BinaryRequest } from './request.ts';
import { BinaryResponse, type ResponseFields } from './response.ts';
import { readUint32, writeUint64 } from './uint64.ts';
import { checkFrame, checkUint32, Magic, writeHeader, writeReceived } from './write-frame.ts';

/**
 * The codec of a server: it receives requests and sends responses.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function memcachedBinaryServer(
  options: MemcachedBinaryOptions = {},
): CodecFactory<BinaryRequest, ResponseFields> {
  const maxFrameLength = maxFrameLengthOf('memcachedBinaryServer()', options);
  return () => new MemcachedBinaryServerCodec(maxFrameLength);
}

class MemcachedBinaryServerCodec implements Codec<BinaryRequest, ResponseFields> {
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

  encode(response: ResponseFields, output: ByteWriter): void {
    if (response instanceof BinaryResponse) {
      writeReceived(output, response);
      return;
    }
    const { opcode, status = 0, opaque = 0, cas = 0, key, value, flags, counter, extras } = response;
    const extrasLength = extras === undefined ? (flags === undefined ? 0 : 4) : extras.length;
    const keyLength = key === undefined ? 0 : bodyLength(key, 'utf8');
    const valueLength = counter === undefined ? (value === undefined ? 0 : bodyLength(value, 'utf8')) : 8;
    const length = extrasLength + keyLength + valueLength;
    checkFrame(extrasLength, keyLength);
    // The peer would refuse it, so it is refused here, where it can be traced to its cause.
    if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
    writeHeader(output, Magic.Response, opcode, status, extrasLength, keyLength, length, opaque, cas);
    if (extras !== undefined) output.bytes(extras);
    else if (flags !== undefined) output.u32(checkUint32(flags, 'flags'));
    if (key !== undefined) writeBody(output, key, 'utf8');
    if (counter !== undefined) writeUint64(output, counter, 'counter');
    else if (value !== undefined) writeBody(output, value, 'utf8');
  }

  describe(message: BinaryRequest | ResponseFields): Description {
    return message instanceof BinaryRequest ? describeRequest(message) : describeResponse(message);
  }
}
