import type { Buffer } from 'node:buffer';

import { Line } from '../line.ts';
import { frame, PACKETS } from './packets.ts';

/** Longest wait for an answer, in ms: whoever says nothing for so long has nothing to say. */
const PATIENCE = 5000;

/** A connection to a job server, and what has come by it since the last fence. */
export class GearmanLine extends Line {
  #fences = 0;

  static async to(port: number): Promise<GearmanLine> {
    return new GearmanLine(await Line.dial(port));
  }

  /**
   * Asks for an echo, so that silence has an end: what comes before it is the answer to all that the server has dealt with before.
   *
   * @returns the bytes before the echo, and whether it came
   */
  async fence(patience: number = PATIENCE): Promise<{ bytes: Buffer; answered: boolean }> {
    const text = `fence ${++this.#fences}`;
    this.send(frame('\0REQ', PACKETS.ECHO_REQ, text));
    const echo = frame('\0RES', PACKETS.ECHO_RES, text);
    const answered = await this.until((received) => received.subarray(-echo.length).equals(echo), patience);
    const bytes = this.take();
    return { bytes: answered ? bytes.subarray(0, bytes.length - echo.length) : bytes, answered };
  }
}
