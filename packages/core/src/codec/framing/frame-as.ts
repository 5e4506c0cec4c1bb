import type { Buffer } from 'node:buffer';

import type { ByteReader } from '../byte-reader.ts';
import type { ByteView } from '../byte-view.ts';
import { choiceOption } from '../options.ts';

/** What a frame body is handed out as, by name. */
export interface FrameTypes {
  /** A Buffer that lasts. */
  bytes: Buffer;
  /** A view on the received bytes, valid until the hook has settled: no copy. */
  view: ByteView;
  /** Text. */
  string: string;
}

/** What a frame body can be handed out as: `'bytes'`, `'view'` or `'string'`. */
export type FrameAs = keyof FrameTypes;

/** Encodings that text frames can have. */
export type FrameEncoding = 'utf8' | 'latin1';

/** Options of every codec whose frames have a body. */
export interface FrameBodyOptions {
  /** What bodies are handed out as. Default `'bytes'`. */
  readonly as?: FrameAs | undefined;
  /** Encoding of text bodies. Default `'utf8'`; what is not valid utf-8 becomes U+FFFD. */
  readonly encoding?: FrameEncoding | undefined;
}

/** What bodies can be encoded from, whatever they are decoded as. */
export type FrameBody = Uint8Array | ByteView | string;

/** The type of a body for the `as` option of `Options`, or for `Default` where it is not set. */
export type FrameOf<
  Options extends { as?: FrameAs | undefined },
  Default extends FrameAs,
> = unknown extends Options['as']
  ? FrameTypes[Default]
  : FrameTypes[Extract<Options['as'], FrameAs>] | (undefined extends Options['as'] ? FrameTypes[Default] : never);

/** Takes a body of `n` bytes off the input, and the `trailer` bytes behind it that end the frame. */
export type BodyReader = (input: ByteReader, n: number, trailer: number) => FrameTypes[FrameAs];

/**
 * How to take a body in the form that `as` names.
 *
 * @throws {InvalidOptionError} there is no such form or encoding
 */
export function bodyReader(as: FrameAs, encoding: FrameEncoding): BodyReader {
  choiceOption('as', as, ['bytes', 'view', 'string']);
  choiceOption('encoding', encoding, ['utf8', 'latin1']);
  if (as === 'view') return (input, n, trailer) => input.view(n, trailer);
  if (as === 'bytes') return (input, n, trailer) => input.take(n, trailer);
  if (encoding === 'utf8') return (input, n, trailer) => input.utf8(n, trailer);
  return (input, n, trailer) => input.latin1(n, trailer);
}
