const CR = 0x0d;
const LF = 0x0a;

/** Where a line lies. */
export interface LineRange {
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Where the line that starts at `at` has its newline. */
function newlineOf(b: Buffer, at: number): number {
  const newline = b.indexOf(LF, at);
  if (newline === -1) throw new Error('not there as a whole');
  return newline;
}

/** Where a line ends that may have CR in front of its newline. */
function endOf(b: Buffer, newline: number): number {
  return b[newline - 1] === CR ? newline - 1 : newline;
}

/** Takes the line at `at` as text of utf-8. This and the others return where the next line starts. */
export function readTextLine(b: Buffer, at: number, look: (line: string) => void): number {
  const newline = newlineOf(b, at);
  look(b.toString('utf8', at, endOf(b, newline)));
  return newline + 1;
}

/** Takes a line as text with a character for each byte. */
export function readLatin1Line(b: Buffer, at: number, look: (line: string) => void): number {
  const newline = newlineOf(b, at);
  look(b.toString('latin1', at, endOf(b, newline)));
  return newline + 1;
}

/** Takes a line as where it lies. */
export function readLineRange(b: Buffer, at: number, look: (line: LineRange) => void): number {
  const newline = newlineOf(b, at);
  look({ source: b, start: at, end: endOf(b, newline) });
  return newline + 1;
}

/** Takes a line as bytes of its own. */
export function readBytesLine(b: Buffer, at: number, look: (line: Buffer) => void): number {
  const newline = newlineOf(b, at);
  const end = endOf(b, newline);
  const line = Buffer.allocUnsafeSlow(end - at);
  b.copy(line, 0, at, end);
  look(line);
  return newline + 1;
}

const SIZE = 64 * 1024;
const bytes = Buffer.allocUnsafeSlow(SIZE);
let position = 0;

/** Writes a line of text into a buffer that is used over and over. Returns where it ends. */
export function encodeLine(text: string): number {
  if (position + 3 * text.length + 1 > SIZE) position = 0;
  let at = position;
  at += bytes.write(text, at, 'utf8');
  bytes[at++] = LF;
  position = at;
  return at;
}

/** The last `length` bytes up to `end` of what was written. */
export function written(end: number, length: number): string {
  return bytes.toString('latin1', end - length, end);
}
