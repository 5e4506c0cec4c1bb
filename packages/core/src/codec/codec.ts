import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/**
 * Turns bytes into messages and messages into bytes. A codec knows no socket, no timer and no other connection: it is a function
 * over bytes with, at most, a little state of its own. Buffering, limits, pauses, end of input and codec swap are the connection's.
 *
 * `decode` has three outcomes:
 *
 * | outcome   | meaning                                                                                              |
 * | --------- | ---------------------------------------------------------------------------------------------------- |
 * | a message | it consumed the bytes of exactly that message (consuming none is an error, {@link CodecStuckError})   |
 * | undefined | not complete yet; `return input.need(24)` says how many bytes it takes, so that it is not asked below |
 * | a throw   | the stream can no longer be understood: the connection closes                                         |
 *
 * A message that is malformed but framed is not a throw: return it as a message and let the service answer it. A codec may consume bytes and
 * return undefined; when they are part of a frame that goes on, it says so: `return input.midFrame()`.
 *
 * @typeParam In what `decode` yields; never `undefined`
 * @typeParam Out what `encode` takes
 */
export interface Codec<In, Out = In> {
  /**
   * The longest frame body that may be received, in bytes, prefix and terminator not counted. Read once, when the codec is plugged
   * in. Default {@link DEFAULT_MAX_FRAME_LENGTH}.
   */
  readonly maxFrameLength?: number;

  /** Takes one message off `input`, or returns `undefined` when it is not complete yet. */
  decode(input: ByteReader): In | undefined;

  /**
   * Called once at end of input, after `decode` has returned `undefined` and the last hook has settled; may return a last message
   * (a line without its terminator) and may consume nothing. An end inside a frame, after it or without it, is a
   * {@link TruncatedFrameError}.
   */
  decodeEnd?(input: ByteReader): In | undefined;

  /** Appends the bytes of one message to `output`. When it throws, nothing of the message is sent. */
  encode(message: Out, output: ByteWriter): void;

  /**
   * A message in words, for wire logs and tests. A message with a password or the like in it is described without, and as secret: then
   * its bytes are not shown either.
   */
  describe?(message: In | Out): string | Description;
}

/** A message in words. */
export interface Description {
  /** The message in words, on one line. */
  readonly text: string;
  /** Whether the bytes of the message must not be shown. */
  readonly secret: boolean;
}

/** Makes the codec of one connection. A codec may hold state, so every connection gets its own. */
export type CodecFactory<In, Out = In> = () => Codec<In, Out>;
