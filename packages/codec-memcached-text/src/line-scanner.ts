import { CR, LF, SPACE } from './characters.ts';

/** Tokens of a line that are remembered; those behind are only counted. */
const MOST = 32;

/**
 * Looks at each byte of a line once: finds where it ends, and where its tokens lie. Only spaces stand between tokens, as in memcached: a tab is
 * part of one.
 */
export class LineScanner {
  /** Where the tokens lie. */
  readonly starts: Int32Array = new Int32Array(MOST);
  readonly ends: Int32Array = new Int32Array(MOST);
  /** How many there are. */
  count = 0;
  /** Where the last one lies, however many there are. */
  lastStart = 0;
  lastEnd = 0;
  /** Length of the longest. */
  longest = 0;
  /** Where the line ends, without `\r\n` or `\n`. */
  lineEnd = 0;

  /** Scans the line that starts at `start`. Returns where the next one starts, or -1 when the line does not end before `end`. */
  scan(source: Uint8Array, start: number, end: number): number {
    const { starts, ends } = this;
    let count = 0;
    let longest = 0;
    let at = start;
    for (;;) {
      while (at < end && source[at] === SPACE) at++;
      const from = at;
      let byte = SPACE;
      for (; at < end; at++) {
        byte = source[at]!;
        if (byte <= SPACE && (byte === SPACE || byte === LF)) break;
      }
      if (at === end) return -1;
      const to = byte === LF && at > from && source[at - 1] === CR ? at - 1 : at;
      if (to > from) {
        if (count < MOST) {
          starts[count] = from;
          ends[count] = to;
        }
        count++;
        this.lastStart = from;
        this.lastEnd = to;
        if (to - from > longest) longest = to - from;
      }
      if (byte === LF) {
        this.count = count;
        this.longest = longest;
        this.lineEnd = to;
        return at + 1;
      }
    }
  }
}

/** One for all codecs: lines are read one at a time. */
export const line: LineScanner = new LineScanner();
