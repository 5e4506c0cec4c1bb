import type { Buffer } from 'node:buffer';

import type { ByteReader } from '../byte-reader.ts';
import type { ByteView } from '../byte-view.ts';
import { InvalidOptionError } from '../errors.ts';

/** What a frame body is handed out as, by name. */
export interface FrameTypes {
  /** A Buffer that lasts. */
  bytes: Buffer;
  /** A view on the received bytes, valid until the hook has settled: no copy. */
  view: ByteView;
  /** Text. */
  string: string;
}

export type FrameAs = keyof FrameTypes;

/** Encodings that text frames can have. */
export type FrameEncoding = 'utf8' | 'latin1';

/** What bodies can be encoded from, whatever they are decoded as. */
export type FrameBody = Uint8Array | ByteView | string;

/** The type of a body for the `as` option of `Options`, or for `Default` where it is not set. */
export type FrameOf<Options extends { as?: FrameAs | undefined }, Default extends FrameAs> = unknown extends Options['as']
  ? FrameTypes[Default]
  : FrameTypes[Extract<Options['as'], FrameAs>] | (undefined extends Options['as'] ? FrameTypes[Default] : never);

/** How to take a body of `n` bytes off the input in the form that `as` names. */
export function bodyReader(as: FrameAs, encoding: FrameEncoding): (input: ByteReader, n: number) => FrameTypes[FrameAs] {
  switch (as) {
    case 'bytes':
      return (input, n) => input.take(n);
    case 'view':
      return (input, n) => input.view(n);
    case 'string':
      if (encoding === 'utf8') return (input, n) => input.utf8(n);
      if (encoding === 'latin1') return (input, n) => input.latin1(n);
      throw new InvalidOptionError(`encoding must be 'utf8' or 'latin1', not ${String(encoding)}`);
    default:
      throw new InvalidOptionError(`as must be 'bytes', 'view' or 'string', not ${String(as satisfies never)}`);
  }
}
