/*
 * Requests out, responses in; numbers are big-endian (memcached, doc/protocol-binary.txt). frame.ts has all of the header.
 *
 *    0        1        2                 4        5        6                 8
 *   +--------+--------+-----------------+--------+--------+-----------------+-----------------------------------+
 *   | 80     | opcode | key length      | extras | 0      | vbucket         | body length, opaque, cas          |
 *   +--------+--------+-----------------+--------+--------+-----------------+-----------------------------------+
 *   body of Set, Add, Replace          | flags 4 | exptime 4               | key | value |
 *   body of Increment, Decrement       | delta 8 | initial 8 | exptime 4 | key |
 *   body of Touch, Gat, GatK           | exptime 4                         | key |
 *   body of Flush                      | exptime 4, or nothing |
 *   body of Verbosity                  | level 4 |
 *   body of the others                 | key, if any | value, if any |
 */
import {
  type ByteReader,
  type ByteWriter,
  type Codec,
  type CodecFactory,
  type Description,
  FrameTooLargeError,
} from '@wirewright/core/codec';

import { describeRequest, describeResponse } from './describe.ts';
import { FrameIntake } from './frame-intake.ts';
import { EXTRAS, Extras, EXTRAS_LENGTH, KEY_ALLOWED, RULES, VALUE_ALLOWED } from './opcode-rules.ts';
import { opcodeName } from './opcode.ts';
import { HEADER, MAX_KEY_LENGTH, maxFrameLengthOf, type MemcachedBinaryOptions } from './options.ts';
import { requestProblem } from './request-problem.ts';
import { BinaryRequest, type RequestFields } from './request.ts';
import { BinaryResponse } from './response.ts';
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
import { writeShort } from './write-short.ts';

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
    if (request instanceof BinaryRequest) writeReceived(output, request);
    // A look at the value spares what has no text there the rest.
    else if (typeof request.value !== 'string' || !writeShort(request, output)) this.#write(request, output);
  }

  #write(request: RequestFields, output: ByteWriter): void {
    const { opcode, vbucket = 0, opaque = 0, cas = 0, key, value, extras } = request;
    if ((opcode & 0xff) !== opcode || (vbucket & 0xffff) !== vbucket || opaque >>> 0 !== opaque) {
      refuseHeader(opcode, vbucket, opaque);
    }
    const rules = extras === undefined ? RULES[opcode]! : 0;
    const extrasLength = extras === undefined ? extrasLengthOf(rules, request) : extras.length;
    // Text is nearly always ASCII: to count its bytes takes longer than to correct the lengths when it is not.
    const keyLength = key === undefined ? 0 : key.length;
    const length = extrasLength + keyLength + (value === undefined ? 0 : value.length);
    const has = value === undefined ? KEY_ALLOWED : KEY_ALLOWED | VALUE_ALLOWED;
    // Most requests are right at first sight.
    if ((rules & has) !== has || keyLength === 0 || keyLength > MAX_KEY_LENGTH || length > this.maxFrameLength) {
      this.#check(request, extrasLength, keyLength, length);
    }
    const start = output.mark();
    const first = (Magic.Request << 24) | (opcode << 16) | keyLength;
    const second = (extrasLength << 24) | vbucket;
    if (cas === 0) output.u32s(first, second, length, opaque, 0, 0);
    else writeHeader(output, first, second, length, opaque, cas);
    if (extrasLength > 0) writeExtras(output, rules, request);
    if (writeTexts(output, start + HEADER + extrasLength, key, value)) {
      this.#correct(request, output, start, extrasLength);
    }
    if (value !== undefined && typeof value !== 'string') output.bytes(value);
  }

  /** Counts the bytes of texts that are not ASCII, and corrects the header at `start`. */
  #correct(request: RequestFields, output: ByteWriter, start: number, extrasLength: number): void {
    const keyLength = lengthOf(request.key);
    const length = extrasLength + keyLength + lengthOf(request.value);
    this.#check(request, extrasLength, keyLength, length);
    patchLengths(output, start, keyLength, length);
  }

  /** @throws {RangeError} the peer would refuse it, so it is refused here, where it can be traced to its cause */
  #check({ opcode, extras }: RequestFields, extrasLength: number, keyLength: number, length: number): void {
    if (extras === undefined) checkLengths(opcode, extrasLength, keyLength, length);
    else checkFrame(extrasLength, keyLength);
    if (length > this.maxFrameLength) throw new FrameTooLargeError(length, this.maxFrameLength);
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

function extrasLengthOf(rules: number, { exptime }: RequestFields): number {
  const kind = rules & EXTRAS;
  return kind === Extras.Flush && exptime === undefined ? 0 : EXTRAS_LENGTH[kind]!;
}

function writeExtras(output: ByteWriter, rules: number, request: RequestFields): void {
  const { flags = 0, exptime = 0 } = request;
  switch (rules & EXTRAS) {
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
    case Extras.Flush:
      output.u32(checkUint32(exptime, 'exptime'));
      break;
    case Extras.Level:
      output.u32(checkUint32(request.level ?? 0, 'level'));
      break;
    default:
      output.bytes(request.extras!);
  }
}
