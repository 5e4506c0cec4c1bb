import type { ByteReader } from './byte-reader.ts';
import type { Codec } from './codec.ts';
import { CodecStuckError, DecodeError, ProtocolError, TruncatedFrameError } from './errors.ts';

/** What may come on top of a body, in bytes, when the codec does not say how much of what it needs is body. */
const FRAMING_ALLOWANCE = 64;

/**
 * Takes the next message off `reader` with `codec`, or returns `undefined` when more bytes have to arrive first. The contract of
 * `decode` is kept here, once, for the read loop, the tests and whoever drives a codec without a connection.
 *
 * @throws {ProtocolError} the stream cannot go on: the codec threw, got stuck, or asked for more than its limit
 */
export function decodeNext<In>(codec: Codec<In, never>, reader: ByteReader): In | undefined {
  for (;;) {
    if (reader.length < reader.needed && !reader.fill()) return undefined;
    if (reader.length < reader.needed) continue;
    reader.resetNeed();
    const before = reader.length;
    let message: In | undefined;
    try {
      message = codec.decode(reader);
    } catch (error) {
      throw error instanceof ProtocolError ? error : new DecodeError(error);
    }
    const after = reader.length;
    if (message !== undefined) {
      if (after === before) throw new CodecStuckError();
      reader.lastConsumed = before - after;
      reader.resetNeed();
      return message;
    }
    if (after < before) {
      reader.keepPart(before - after);
    } else if (reader.needed <= after) {
      // No hint, or one that is met already: it takes at least one byte more.
      reader.need(after + 1, FRAMING_ALLOWANCE);
    }
  }
}

/**
 * The end of input: lets the codec make a last message out of what is left. Called once, when {@link decodeNext} has nothing more.
 *
 * @throws {TruncatedFrameError} bytes are left over, or the rest is missing of a frame that was consumed in part
 */
export function decodeEnd<In>(codec: Codec<In, never>, reader: ByteReader): In | undefined {
  let message: In | undefined;
  if (codec.decodeEnd !== undefined) {
    const before = reader.length;
    try {
      message = codec.decodeEnd(reader);
      reader.lastConsumed = before - reader.length;
    } catch (error) {
      throw error instanceof ProtocolError ? error : new DecodeError(error);
    }
  }
  // A last message may be made of a frame that was consumed before.
  if (reader.buffered > 0 || (message === undefined && reader.insideFrame))
    throw new TruncatedFrameError(reader.unfinished);
  return message;
}
