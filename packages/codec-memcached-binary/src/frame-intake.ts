import type { Buffer } from 'node:buffer';

import { type ByteReader, ProtocolError } from '@wirewright/core/codec';

import { HEADER, MAX_BODY, MAX_KEY_LENGTH } from './options.ts';

/**
 * What a codec does while there is no whole frame within the limit: it asks for what is missing, and skips the value of a frame that is too
 * large as it comes, without gathering it.
 */
export class FrameIntake {
  readonly #magic: number;
  readonly #maxFrameLength: number;
  /** What is kept of a frame whose value is being skipped. */
  #head: Buffer | undefined = undefined;
  /** How much of that frame is still to come. */
  #rest = 0;

  constructor(magic: number, maxFrameLength: number) {
    this.#magic = magic;
    this.#maxFrameLength = maxFrameLength;
  }

  /** Whether the next bytes are the value of a frame that is too large. */
  get skipping(): boolean {
    return this.#head !== undefined;
  }

  /**
   * Returns what is kept of a frame that was too large, when all of it has been skipped; else `undefined`, for `decode` to return.
   *
   * @throws {ProtocolError} it is no frame
   */
  take(input: ByteReader): Buffer | undefined {
    return this.#head === undefined ? this.#begin(input) : this.#skip(input, this.#head);
  }

  #begin(input: ByteReader): Buffer | undefined {
    const { length } = input;
    if (length > 0 && input.u8(0) !== this.#magic) {
      throw new ProtocolError(`a frame starts with 0x${hex(this.#magic)}, not with 0x${hex(input.u8(0))}`);
    }
    if (length < HEADER) return input.need(HEADER, HEADER);
    const body = input.u32(8);
    if (body <= this.#maxFrameLength) return input.need(HEADER + body, HEADER);
    if (body > MAX_BODY) throw new ProtocolError(`a body of ${body} bytes is over the 1 GiB that there can be`);
    // A longer key makes the frame an invalid one, and nobody needs it then.
    const keyLength = input.u16(2);
    const kept = HEADER + (keyLength > MAX_KEY_LENGTH ? 0 : input.u8(4) + keyLength);
    if (length < kept) return input.need(kept, kept);
    this.#rest = HEADER + body - kept;
    this.#head = input.take(kept);
    return this.#skip(input, this.#head);
  }

  #skip(input: ByteReader, head: Buffer): Buffer | undefined {
    const { length } = input;
    if (length >= this.#rest) {
      input.skip(this.#rest);
      this.#head = undefined;
      return head;
    }
    input.skip(length);
    this.#rest -= length;
    return input.midFrame();
  }
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
