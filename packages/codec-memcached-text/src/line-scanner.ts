import * as characters from './characters.ts';

/** Copies, since what another module exports is looked up each time, and what this one declares is known when it is compiled. */
const { CR, LF, SPACE } = characters;

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
    let from = start;
    let to = start;
    let at = start;
    for (;;) {
      while (at < end && source[at] === SPACE) at++;
      const first = at;
      let byte = SPACE;
      while (at < end && ((byte = source[at]!) > SPACE || (byte !== SPACE && byte !== LF))) at++;
      if (at === end) return -1;
      const last = byte === LF && at > first && source[at - 1] === CR ? at - 1 : at;
      if (last > first) {
        from = first;
        to = last;
        if (count < MOST) {
          starts[count] = from;
          ends[count] = to;
        }
        count++;
        if (to - from > longest) longest = to - from;
      }
      if (byte === LF) {
        this.count = count;
        this.longest = longest;
        this.lastStart = from;
        this.lastEnd = to;
        this.lineEnd = last;
        return at + 1;
      }
      at++;
    }
  }
}

/** One for all codecs: lines are read one at a time. */
export const line: LineScanner = new LineScanner();
