/*
 * Lines: text or bytes, each ended by a newline.
 *
 *   +----------------------+----+-----------------+----+----+
 *   | h e l l o            | \n | w o r l d       | \r | \n |
 *   +----------------------+----+-----------------+----+----+
 *     line, 0 .. max bytes        \r\n ends a line, too, unless `strict` says otherwise
 */
import { Buffer } from 'node:buffer';

import {
  ByteView,
  choiceOption,
  type Codec,
  type CodecFactory,
  type Delimited,
  delimited,
  DiscardedFrame,
  type FrameAs,
  type FrameBody,
  type FrameEncoding,
  integerOption,
  knownOptions,
} from '@wirewright/core/codec';

/** Options of `line()`: what ends a line, what lines are handed out as, and how long they may be. */
export interface LineOptions {
  /** What lines are handed out as. Default `'string'`. */
  readonly as?: FrameAs | undefined;
  /** Encoding of text lines. Default `'utf8'`; what is not valid utf-8 becomes U+FFFD. */
  readonly encoding?: FrameEncoding | undefined;
  /** What ends the lines that are sent: `'lf'` (default) or `'crlf'`. */
  readonly newline?: 'lf' | 'crlf' | undefined;
  /**
   * Whether only `newline` ends a received line. Default false: LF and CRLF both do. Where lines pass through several programs, those
   * must agree on what a line is, or one can be smuggled past them: set it there.
   */
  readonly strict?: boolean | undefined;
  /** Longest line in bytes, its end not counted. Default 16 KiB. */
  readonly maxLength?: number | undefined;
  /** What a longer line does: `'error'` (default) closes the connection, `'discard'` yields one `DiscardedFrame` in its place. */
  readonly onTooLong?: 'error' | 'discard' | undefined;
  /** What a last line without its end is: a `'message'` (default) like the others, or an `'error'`. */
  readonly unterminated?: 'message' | 'error' | undefined;
}

/** A line to send: text, bytes or a view. It must hold no newline: the peer would see two lines. */
export type Line = FrameBody;

const NEWLINES = { lf: '\n', crlf: '\r\n' } as const;

/**
 * The codec for line protocols.
 *
 * ```ts
 * new Server({ codec: line() }).onRead((connection, text) => connection.send(text));
 * ```
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function line<const Options extends LineOptions = Record<never, never>>(
  options?: Options,
): CodecFactory<Delimited<Options, 'string'>, Line> {
  const given: LineOptions = options ?? {};
  knownOptions('line()', given, ['as', 'encoding', 'newline', 'strict', 'maxLength', 'onTooLong', 'unterminated']);
  const newline = choiceOption('newline', given.newline ?? 'lf', ['lf', 'crlf']);
  const { as = 'string', encoding, strict = false, maxLength, onTooLong, unterminated = 'message' } = given;
  if (maxLength !== undefined) integerOption('maxLength', maxLength, 1);
  const frames = delimited({
    delimiter: strict ? NEWLINES[newline] : '\n',
    sent: NEWLINES[newline],
    optional: strict ? undefined : '\r',
    as,
    encoding,
    maxFrameLength: maxLength,
    onTooLong,
    unterminated,
  });
  const describe = (message: Line | DiscardedFrame): string => describeLine(message, encoding);
  return () => Object.assign(frames() as Codec<Delimited<Options, 'string'>, Line>, { describe });
}

/** A line in words is the line. */
function describeLine(message: Line | DiscardedFrame, encoding: FrameEncoding = 'utf8'): string {
  if (typeof message === 'string') return message;
  if (message instanceof DiscardedFrame)
    return `(a line of ${message.length} bytes, over the limit of ${message.limit}, was dropped)`;
  if (message instanceof ByteView) return message.toString(encoding);
  return Buffer.from(message.buffer, message.byteOffset, message.length).toString(encoding);
}
