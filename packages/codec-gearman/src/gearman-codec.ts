/*
 * Packets and lines in any order, told apart by the first byte (gearmand, PROTOCOL); numbers are big-endian.
 *
 *    0                 4                 8                 12
 *   +-----------------+-----------------+-----------------+------------------------------+
 *   | 00 R E Q, R E S | type            | length          | arguments, length bytes      |
 *   +-----------------+-----------------+-----------------+------------------------------+
 *   +---------------------------------------------------------------+----+
 *   | line of text, which begins with any byte but 00               | \n |    \r\n ends it, too
 *   +---------------------------------------------------------------+----+
 *
 * To a server go REQ packets and commands, from it come RES packets and the lines of answers.
 */
import {
  type ByteReader,
  type ByteView,
  type ByteWriter,
  type Codec,
  type Description,
  FrameTooLargeError,
  ProtocolError,
} from '@wirewright/core/codec';

import { describe } from './describe.ts';
import type { GearmanOutput } from './gearman-output.ts';
import { type GearmanLimits, HEADER, REQUEST, RESPONSE } from './options.ts';
import type { PacketFields } from './packet-fields.ts';
import { Packet } from './packet.ts';
import { readUint32 } from './read-uint32.ts';
import { RefusedFrame } from './refused-frame.ts';
import { TextLine } from './text-line.ts';
import { writePacket } from './write-packet.ts';

/** Bytes that say that it is a packet. */
const MAGIC = 4;

/** The longest handle, and the NUL behind (gearmand, `GEARMAND_JOB_HANDLE_SIZE`). */
const HANDLE = 64;

const LF = 10;
const CR = 13;

/** A packet that claims more than 1 GiB was not meant to be one. */
const MAX_SKIPPED = 1024 ** 3;

/** What both ends have in common: packets and lines in any order, told apart by the first byte. */
export class GearmanCodec implements Codec<Packet | TextLine | RefusedFrame, GearmanOutput> {
  readonly maxFrameLength: number;
  readonly #maxLineLength: number;
  /** A server sends what it has received, with a handle in front. */
  readonly #maxSent: number;
  readonly #received: number;
  readonly #sent: number;
  /** Bytes from here that are known not to have an end of line. */
  #scanned = 0;
  /** How much is still to come of a packet that is too large. */
  #skipping = 0;
  /** Whether the stream can no longer be understood. */
  #lost = false;

  /** @param server which end it is of */
  constructor({ maxFrameLength, maxLineLength }: GearmanLimits, server: boolean) {
    this.maxFrameLength = maxFrameLength;
    this.#maxLineLength = maxLineLength;
    this.#maxSent = server ? maxFrameLength + HANDLE : maxFrameLength;
    this.#received = server ? REQUEST : RESPONSE;
    this.#sent = server ? RESPONSE : REQUEST;
  }

  decode(input: ByteReader): Packet | TextLine | RefusedFrame | undefined {
    const { length } = input;
    if (length >= HEADER && this.#skipping === 0 && !this.#lost) {
      // Most packets are there as a whole.
      const { source, offset } = input;
      const body = readUint32(source, offset + 8);
      const end = HEADER + body;
      if (readUint32(source, offset) === this.#received && end <= length && body <= this.maxFrameLength) {
        input.skip(end);
        return new Packet(source, offset, offset + end);
      }
    }
    return this.#decodeSlowly(input);
  }

  #decodeSlowly(input: ByteReader): Packet | TextLine | RefusedFrame | undefined {
    if (this.#lost) {
      input.skip(input.length);
      return undefined;
    }
    if (this.#skipping > 0) {
      const skipped = Math.min(this.#skipping, input.length);
      input.skip(skipped);
      this.#skipping -= skipped;
      if (this.#skipping > 0) return input.midFrame();
    }
    const { length } = input;
    if (length === 0) return undefined;
    return input.u8(0) === 0 ? this.#packet(input) : this.#line(input);
  }

  #packet(input: ByteReader): Packet | RefusedFrame | undefined {
    const { length } = input;
    if (!hasMagic(input)) return this.#refuse(input, new RefusedFrame('magic', 0, 0));
    // What is no packet is told as soon as it shows.
    if (length < HEADER) return input.need(length < MAGIC ? length + 1 : HEADER, HEADER);
    const body = input.u32(8);
    const end = HEADER + body;
    if (body > this.maxFrameLength) return this.#tooLarge(input, body);
    if (end > length) return input.need(end, HEADER);
    const { source, offset } = input;
    // Of the other direction: whole, so that it can be answered.
    if (this.#received === RESPONSE && input.u32(0) !== RESPONSE)
      throw new ProtocolError('a server sends packets that start with \\0RES, not with \\0REQ');
    input.skip(end);
    return new Packet(source, offset, offset + end);
  }

  #tooLarge(input: ByteReader, body: number): RefusedFrame {
    const refused = new RefusedFrame('too-large', input.u32(4), body);
    if (this.#received === RESPONSE) throw new FrameTooLargeError(body, this.maxFrameLength);
    if (body > MAX_SKIPPED) return this.#refuse(input, new RefusedFrame('magic', refused.type, body));
    input.skip(HEADER);
    input.midFrame();
    this.#skipping = body;
    return refused;
  }

  #line(input: ByteReader): TextLine | RefusedFrame | undefined {
    const found = input.indexOf(LF, this.#scanned);
    const { length } = input;
    const end = found > 0 && input.u8(found - 1) === CR ? found - 1 : found;
    if (found < 0 ? length > this.#maxLineLength + 1 : end > this.#maxLineLength) {
      return this.#refuse(input, new RefusedFrame('line-too-long', 0, length));
    }
    if (found < 0) {
      this.#scanned = length;
      return input.need(length + 1, length + 1);
    }
    this.#scanned = 0;
    return new TextLine(input.take(end, found + 1 - end));
  }

  /** Ends the understanding of what comes. A server can still say why. */
  #refuse(input: ByteReader, refused: RefusedFrame): RefusedFrame {
    if (this.#received === RESPONSE) {
      throw new ProtocolError(
        refused.reason === 'magic'
          ? 'what the server sent is neither a packet, \\0RES, nor a line of text'
          : `a line of more than ${this.#maxLineLength} bytes; raise maxLineLength if such lines are legitimate`,
      );
    }
    this.#lost = true;
    input.skip(input.length);
    return refused;
  }

  encode(message: GearmanOutput, output: ByteWriter): void {
    // Nothing else has arguments, and to look for them takes less time than to ask what it is.
    if ((message as Partial<PacketFields>).args !== undefined) {
      writePacket(output, this.#sent, message as PacketFields, this.#maxSent);
    } else if (message instanceof Packet) {
      this.#relay(message, output);
    } else if (typeof message === 'string') {
      output.utf8(message);
    } else {
      output.bytes(message as Uint8Array | ByteView);
    }
  }

  /** A packet that was received, in the direction of this end. */
  #relay({ source, start, end }: Packet, output: ByteWriter): void {
    if (readUint32(source, start) === this.#sent) {
      output.range(source, start, end);
      return;
    }
    output.u32(this.#sent);
    output.range(source, start + 4, end);
  }

  describe(message: Packet | TextLine | RefusedFrame | GearmanOutput): string | Description {
    return describe(message);
  }
}

/** Whether the first bytes, as many as there are of four, are those of a packet of either direction. */
function hasMagic(input: ByteReader): boolean {
  const { length } = input;
  if (length > 1 && input.u8(1) !== 0x52) return false;
  if (length > 2 && input.u8(2) !== 0x45) return false;
  return length < MAGIC || input.u8(3) === 0x51 || input.u8(3) === 0x53;
}
