import type { ByteReader } from '@wirewright/core/codec';

import { LF } from './characters.ts';

/** A line that came in part: no byte of it is searched twice for its end, however small the parts. */
export class PartialLine {
  #searched = 0;

  /** Whether the line is worth looking at: its end has come, or nobody has looked yet. */
  mayBeWhole(input: ByteReader): boolean {
    if (this.#searched === 0) return true;
    if (input.indexOf(LF, this.#searched) < 0) return false;
    this.#searched = 0;
    return true;
  }

  /** Asks for more of the line, and returns `undefined` for `decode` to return. */
  wait(input: ByteReader): undefined {
    const { length } = input;
    this.#searched = length;
    return input.need(length + 1, length + 1);
  }
}
