/*
 * Delimited frames: a body, then a delimiter that does not occur in it.
 *
 *   +------------------------+-----------+------------------------+-----------+
 *   | body, 0 .. max bytes   | delimiter | body                   | delimiter |
 *   +------------------------+-----------+------------------------+-----------+
 */
import { Buffer } from 'node:buffer';

import type { ByteReader } from '../byte-reader.ts';
import { ByteView } from '../byte-view.ts';
import type { ByteWriter } from '../byte-writer.ts';
import type { Codec, CodecFactory } from '../codec.ts';
import { FrameTooLargeError, InvalidOptionError } from '../errors.ts';
import { choiceOption, integerOption, knownOptions } from '../options.ts';
import { DiscardedFrame } from './discarded-frame.ts';
import {
  type BodyReader,
  bodyReader,
  type FrameAs,
  type FrameBody,
  type FrameBodyOptions,
  type FrameEncoding,
  type FrameOf,
  type FrameTypes,
} from './frame-as.ts';
import { writeBody } from './write-body.ts';

/** Options of {@link delimited}: what ends a frame, and what becomes of frames that have no end. */
export interface DelimitedOptions extends FrameBodyOptions {
  /** What ends a frame: at least one byte, or text as utf-8. */
  readonly delimiter: string | Uint8Array;
  /** What is sent behind a body. Default the delimiter; a peer may want another one than it sends. */
  readonly sent?: string | Uint8Array | undefined;
  /** A byte, as a one-character string, that is dropped where it stands right before the delimiter, as `\r` may before `\n`. Default none. */
  readonly optional?: string | undefined;
  /** Longest body in bytes, the delimiter not counted. Default 16 KiB. */
  readonly maxFrameLength?: number | undefined;
  /** What a longer body does: `'error'` (default) closes the connection, `'discard'` yields one {@link DiscardedFrame} in its place. */
  readonly onTooLong?: 'error' | 'discard' | undefined;
  /** What bytes without a delimiter are at end of input: an `'error'` (default), or the last `'message'`. */
  readonly unterminated?: 'error' | 'message' | undefined;
}

/** What a delimited codec yields for `Options`. */
export type Delimited<Options extends Pick<DelimitedOptions, 'as' | 'onTooLong'>, Default extends FrameAs = 'bytes'> =
  | FrameOf<Options, Default>
  | (Options extends { onTooLong: 'discard' } ? DiscardedFrame : never);

/** 16 KiB: the limit on a delimited body unless told otherwise. */
const DEFAULT_MAX_DELIMITED_LENGTH = 16 * 1024;

/**
 * Frames that end with a delimiter. The one place where input is scanned for one; a delimiter that arrives in pieces is found, and
 * no byte is searched twice.
 *
 * `encode` does not look for the delimiter in the body: a body that has one arrives as two frames.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function delimited<const Options extends DelimitedOptions>(
  options: Options,
): CodecFactory<Delimited<Options>, FrameBody> {
  knownOptions('delimited()', options, [
    'delimiter',
    'sent',
    'optional',
    'as',
    'encoding',
    'maxFrameLength',
    'onTooLong',
    'unterminated',
  ]);
  const delimiter = bytesOption('delimiter', options.delimiter);
  const sent = options.sent === undefined ? delimiter : bytesOption('sent', options.sent);
  const optional = options.optional === undefined ? -1 : characterOption('optional', options.optional);
  const encoding = options.encoding ?? 'utf8';
  const settings: Settings = {
    delimiter,
    first: delimiter[0]!,
    width: delimiter.length,
    sent,
    sentText: sent.every((byte) => byte < 0x80) ? sent.toString('latin1') : undefined,
    optional,
    encoding,
    read: bodyReader(options.as ?? 'bytes', encoding),
    maxFrameLength: integerOption('maxFrameLength', options.maxFrameLength ?? DEFAULT_MAX_DELIMITED_LENGTH, 1),
    discard: choiceOption('onTooLong', options.onTooLong ?? 'error', ['error', 'discard']) === 'discard',
    lastIsMessage: choiceOption('unterminated', options.unterminated ?? 'error', ['error', 'message']) === 'message',
  };
  return () => new DelimitedCodec(settings) as Codec<Delimited<Options>, FrameBody>;
}

function bytesOption(name: string, value: string | Uint8Array): Buffer {
  if ((typeof value !== 'string' && !(value instanceof Uint8Array)) || value.length === 0)
    throw new InvalidOptionError(`${name} must be text or bytes, at least one`);
  return Buffer.from(value as string);
}

function characterOption(name: string, value: string): number {
  if (typeof value !== 'string' || value.length !== 1 || value > '\xff')
    throw new InvalidOptionError(`${name} must be one character of one byte`);
  return value.charCodeAt(0);
}

interface Settings {
  readonly delimiter: Buffer;
  /** The first byte of the delimiter: what is searched for. */
  readonly first: number;
  /** How many bytes the delimiter has. */
  readonly width: number;
  readonly sent: Buffer;
  /** The same as text, when it is the same in every encoding: texts are joined to texts. */
  readonly sentText: string | undefined;
  readonly optional: number;
  readonly encoding: FrameEncoding;
  readonly read: BodyReader;
  readonly maxFrameLength: number;
  readonly discard: boolean;
  readonly lastIsMessage: boolean;
}

class DelimitedCodec implements Codec<FrameTypes[FrameAs] | DiscardedFrame, FrameBody> {
  readonly maxFrameLength: number;
  readonly #settings: Settings;
  /** The most bytes that can stand between a body and the next. */
  readonly #terminator: number;
  /** Bytes from here that are known not to start a delimiter. */
  #scanned = 0;
  /** Bytes of an over-long body dropped so far, or -1 while none is being dropped. */
  #discarded = -1;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.maxFrameLength = settings.maxFrameLength;
    this.#terminator = settings.delimiter.length + (settings.optional < 0 ? 0 : 1);
  }

  decode(input: ByteReader): FrameTypes[FrameAs] | DiscardedFrame | undefined {
    const { first, width, optional, maxFrameLength, read } = this.#settings;
    let end = input.indexOf(first, this.#scanned);
    if (width > 1) end = this.#confirm(input, end);
    if (end < 0) return this.#incomplete(input);
    this.#scanned = 0;
    const length = optional >= 0 && end > 0 && input.u8(end - 1) === optional ? end - 1 : end;
    if (this.#discarded >= 0 || length > maxFrameLength) {
      input.skip(end + width);
      return this.#tooLong(length);
    }
    return read(input, length, end - length + width);
  }

  decodeEnd(input: ByteReader): FrameTypes[FrameAs] | DiscardedFrame | undefined {
    const { optional, maxFrameLength, read, lastIsMessage } = this.#settings;
    const end = input.length;
    const length = optional >= 0 && end > 0 && input.u8(end - 1) === optional ? end - 1 : end;
    if (this.#discarded >= 0 || (lastIsMessage && length > maxFrameLength)) {
      input.skip(end);
      return this.#tooLong(length);
    }
    if (end === 0 || !lastIsMessage) return undefined;
    return read(input, length, end - length);
  }

  encode(body: FrameBody, output: ByteWriter): void {
    const { sent, sentText, encoding } = this.#settings;
    if (typeof body === 'string' && sentText !== undefined) {
      writeBody(output, body, encoding, sentText);
    } else if (isFrameOf(body, sent)) {
      // As it was received, delimiter and all: views that lie side by side leave as one range.
      output.range(body.source, body.start, body.end + sent.length);
    } else {
      writeBody(output, body, encoding);
      for (let i = 0; i < sent.length; i++) output.u8(sent[i]!);
    }
  }

  /** The first place from `found` on where all of the delimiter is, not only its first byte. */
  #confirm(input: ByteReader, found: number): number {
    const { delimiter, first } = this.#settings;
    while (found >= 0 && !input.startsWith(delimiter, found)) found = input.indexOf(first, found + 1);
    return found;
  }

  #incomplete(input: ByteReader): undefined {
    const { delimiter, maxFrameLength, discard } = this.#settings;
    const { length } = input;
    if (this.#discarded < 0) {
      if (length < maxFrameLength + this.#terminator) {
        this.#scanned = Math.max(0, length - delimiter.length + 1);
        return input.need(length + 1, this.#terminator);
      }
      if (!discard) throw new FrameTooLargeError(length, maxFrameLength);
      this.#discarded = 0;
    }
    // What may be the head of the delimiter stays.
    const dropped = Math.max(0, length - (this.#terminator - 1));
    input.skip(dropped);
    input.midFrame();
    this.#discarded += dropped;
    this.#scanned = Math.max(0, input.length - delimiter.length + 1);
    return input.need(input.length + 1, this.#terminator);
  }

  #tooLong(rest: number): DiscardedFrame {
    const { maxFrameLength, discard } = this.#settings;
    const length = rest + Math.max(0, this.#discarded);
    this.#discarded = -1;
    this.#scanned = 0;
    if (!discard) throw new FrameTooLargeError(length, maxFrameLength);
    return new DiscardedFrame(length, maxFrameLength);
  }
}

/** Whether `body` is a view that came with the delimiter `sent`. The trailer is looked at first: it tells in less time than `instanceof`. */
function isFrameOf(body: FrameBody, sent: Buffer): body is ByteView {
  if ((body as Partial<ByteView>).trailer !== sent.length || !(body instanceof ByteView)) return false;
  for (let i = 0; i < sent.length; i++) if (body.source[body.end + i] !== sent[i]) return false;
  return true;
}
