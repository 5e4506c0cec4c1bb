import type { ByteReader } from '../byte-reader.ts';
import { FrameTooLargeError, ProtocolError } from '../errors.ts';

/** Ten groups of seven bits carry 64: a longer varint is no number that anybody meant. */
const MAX_VARINT = 10;

/**
 * Takes the prefix of a frame off the input once the whole frame is there, and returns the length of its body, which follows. Before, it
 * takes nothing, asks for what is missing and returns `undefined`, for `decode` to return.
 *
 * @throws {FrameTooLargeError} the body is longer than `maxFrameLength`
 * @throws {ProtocolError} the prefix is longer than ten bytes
 */
export function takeVarintPrefix(input: ByteReader, maxFrameLength: number): number | undefined {
  const received = input.length;
  if (received > 0) {
    // Most frames are short, and there as a whole.
    const short = input.u8(0);
    if (short < 0x80 && short < received && short <= maxFrameLength) {
      input.skip(1);
      return short;
    }
  }
  const available = Math.min(received, MAX_VARINT);
  let length = 0;
  let scale = 1;
  for (let i = 0; i < available; i++, scale *= 128) {
    const group = input.u8(i);
    length += (group & 0x7f) * scale;
    if (group < 0x80) {
      const prefix = i + 1;
      if (length > maxFrameLength) throw new FrameTooLargeError(length, maxFrameLength);
      if (received < prefix + length) return input.need(prefix + length, prefix);
      input.skip(prefix);
      return length;
    }
  }
  if (available === MAX_VARINT) throw new ProtocolError(`a varint of more than ${MAX_VARINT} bytes is no length`);
  return input.need(available + 1, MAX_VARINT);
}
