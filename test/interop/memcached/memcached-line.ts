import type { Buffer } from 'node:buffer';

import { Line } from '../line.ts';

/** Longest wait for an answer, in ms: whoever says nothing for so long has nothing to say. */
const PATIENCE = 2000;

/** A connection on which bytes are sent and answers awaited, one after the other. */
export class MemcachedLine extends Line {
  static async to(port: number): Promise<MemcachedLine> {
    return new MemcachedLine(await Line.dial(port));
  }

  /** What is answered to `bytes`, up to where `isLast` says that this is all; `(closed)` at its end when the server closes. */
  async ask(bytes: Buffer, isLast: (answer: Buffer) => boolean): Promise<string> {
    this.take();
    this.send(bytes);
    await this.until(isLast, PATIENCE);
    return this.received.toString('latin1') + (this.closed ? '(closed)' : '');
  }
}
