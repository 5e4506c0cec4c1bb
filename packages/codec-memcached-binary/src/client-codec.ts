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
import { Extras, EXTRAS_LENGTH, extrasOf } from './opcode-rules.ts';
import { opcodeName } from './opcode.ts';
import { HEADER, maxFrameLengthOf, type MemcachedBinaryOptions } from './options.ts';
import { requestProblem } from './request-problem.ts';
import { BinaryRequest, type RequestFields } from './request.ts';
import { BinaryResponse } from './response.ts';
import { readUint32, writeUint64 } from './uint64.ts';
import { checkFrame, checkUint32, Magic, writeHeader, writeReceived } from './write-frame.ts';

/**
 * The codec of a client: it sends requests and receives responses.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function memcachedBinaryClient(
  options: MemcachedBinaryOptions = {},
): CodecFactory<BinaryResponse, RequestFields> {
  const maxFrameLength = maxFrameLengthOf('memcachedBinaryClient()', options);
  return () => new MemcachedBinaryClientCodec(maxFrameLength);
}

class MemcachedBinaryClientCodec implements Codec<BinaryResponse, RequestFields> {
  readonly maxFrameLength: number;
  readonly #intake: FrameIntake;

  constructor(maxFrameLength: number) {
    this.maxFrameLength = maxFrameLength;
    this.#intake = new FrameIntake(Magic.Response, maxFrameLength);
  }

  decode(input: ByteReader): BinaryResponse | undefined {
    const { length } = input;
    if (length >= HEADER && !this.#intake.skipping) {
      // Most frames are there as a whole.
      const { source, offset } = input;
      const body = readUint32(source, offset + 8);
      const end = HEADER + body;
      if (end <= length && body <= this.maxFrameLength && source[offset] === Magic.Response) {
        input.skip(end);
        return new BinaryResponse(source, offset, offset + end);
      }
    }
    const kept = this.#intake.take(input);
    return kept === undefined ? undefined : new BinaryResponse(kept, 0, kept.length);
  }

  encode(request: RequestFields, output: ByteWriter): void {
    if (request instanceof BinaryRequest) {
      writeReceived(output, request);
      return;
    }
    const { opcode, opaque = 0, vbucket = 0, cas = 0, key, value, flags = 0, exptime = 0, extras } = request;
    const kind = extras === undefined ? extrasOf(opcode) : Extras.None;
    let extrasLength = extras === undefined ? EXTRAS_LENGTH[kind]! : extras.length;
    if (kind === Extras.Flush && request.exptime === undefined) extrasLength = 0;
    const keyLength = key === undefined ? 0 : bodyLength(key, 'utf8');
    const length = extrasLength + keyLength + (value === undefined ? 0 : bodyLength(value, 'utf8'));
    if (extras === undefined) checkLengths(opcode, extrasLength, keyLength, length);
    else checkFrame(extrasLength, keyLength);
    // The peer would refuse it, so it is refused here, where it can be traced to its cause.
    if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
    writeHeader(output, Magic.Request, opcode, vbucket, extrasLength, keyLength, length, opaque, cas);
    switch (kind) {
      case Extras.Store:
        output.u32(checkUint32(flags, 'flags'));
        output.u32(checkUint32(exptime, 'exptime'));
        break;
      case Extras.Counter:
        writeUint64(output, request.delta ?? 0, 'delta');
        writeUint64(output, request.initial ?? 0, 'initial');
        output.u32(checkUint32(exptime, 'exptime'));
        break;
      case Extras.Exptime:
        output.u32(checkUint32(exptime, 'exptime'));
        break;
      case Extras.Flush:
        if (extrasLength > 0) output.u32(checkUint32(exptime, 'exptime'));
        break;
      case Extras.Level:
        output.u32(checkUint32(request.level ?? 0, 'level'));
        break;
      default:
        if (extras !== undefined) output.bytes(extras);
    }
    if (key !== undefined) writeBody(output, key, 'utf8');
    if (value !== undefined) writeBody(output, value, 'utf8');
  }

  describe(message: BinaryResponse | RequestFields): Description {
    return message instanceof BinaryResponse ? describeResponse(message) : describeRequest(message);
  }
}

/** @throws {RangeError} a server would answer that it cannot do this, and close the connection */
function checkLengths(opcode: number, extrasLength: number, keyLength: number, length: number): void {
  const problem = requestProblem(opcode, extrasLength, keyLength, length);
  if (problem === undefined || problem.code === 'unknown-command') return;
  const given = `a key of ${keyLength} bytes and a value of ${length - keyLength - extrasLength}`;
  throw new RangeError(
    `${opcodeName(opcode)} cannot have ${given}; see the table of opcodes, and a key has at most 250`,
  );
}
