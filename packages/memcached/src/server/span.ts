import { Buffer } from 'node:buffer';

import type { Bytes } from '../store/store.ts';

/**
 * Part of some memory that can be made to be another one: a service has one for keys and one for values, for the store to look at while
 * it is asked.
 */
export class Span implements Bytes {
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;

  /** This, being `[start, end)` of `buffer` from here on. */
  at(buffer: Buffer, start: number, end: number): this {
    // Nearly always it is the same as before, and to store what is young in what is old is to tell the garbage collector of it.
    if (this.buffer !== buffer) this.buffer = buffer;
    this.start = start;
    this.end = end;
    return this;
  }

  /** This, being a whole text from here on. */
  of(text: string): this {
    const buffer = Buffer.from(text, 'latin1');
    return this.at(buffer, 0, buffer.length);
  }
}
