import { Buffer } from 'node:buffer';

/**
 * The encoders and decoders that Node's Buffer calls itself. They skip the look-up of an encoding by name, which is a quarter of the
 * time of a short string, but are not documented: where they are missing, the documented way is taken.
 */
interface NativeText {
  latin1Slice?(start: number, end: number): string;
  utf8Slice?(start: number, end: number): string;
  latin1Write?(text: string, offset: number, length: number): number;
  utf8Write?(text: string, offset: number, length: number): number;
}

type NativeBuffer = Buffer & Required<NativeText>;

const native: NativeText = Buffer.prototype as NativeText;

/**
 * The text in `bytes` from `start` to `end`; what is not valid utf-8 becomes U+FFFD. Nothing is checked: both have to lie within `bytes`.
 */
export const readUtf8: (bytes: Buffer, start: number, end: number) => string =
  native.utf8Slice === undefined
    ? (bytes, start, end) => bytes.toString('utf8', start, end)
    : (bytes, start, end) => (bytes as NativeBuffer).utf8Slice(start, end);

const longLatin1: (bytes: Buffer, start: number, end: number) => string =
  native.latin1Slice === undefined
    ? (bytes, start, end) => bytes.toString('latin1', start, end)
    : (bytes, start, end) => (bytes as NativeBuffer).latin1Slice(start, end);

/** Writes text into `bytes` at `offset`, where there is room for all of it. Returns the number of bytes. */
export type TextWriter = (bytes: Buffer, text: string, offset: number) => number;

/** Writes `text` at `offset`; the caller has made room for all of it. Returns the number of bytes. */
export const writeUtf8: TextWriter =
  native.utf8Write === undefined
    ? (bytes, text, offset) => bytes.write(text, offset, 'utf8')
    : (bytes, text, offset) => (bytes as NativeBuffer).utf8Write(text, offset, bytes.length - offset);

/** Writes `text` at `offset`, each character as its low byte; the caller has made room. Returns the number of bytes. */
export const writeLatin1: TextWriter =
  native.latin1Write === undefined
    ? (bytes, text, offset) => bytes.write(text, offset, 'latin1')
    : (bytes, text, offset) => (bytes as NativeBuffer).latin1Write(text, offset, bytes.length - offset);

const char = String.fromCharCode;

/** Keys and names are short, and for those a call into the runtime costs more than the text. */
export function readLatin1(b: Buffer, start: number, end: number): string {
  const i = start;
  switch (end - start) {
    case 0:
      return '';
    case 1:
      return char(b[i]!);
    case 2:
      return char(b[i]!, b[i + 1]!);
    case 3:
      return char(b[i]!, b[i + 1]!, b[i + 2]!);
    case 4:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!);
    case 5:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!);
    case 6:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!);
    case 7:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!);
    case 8:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!);
    case 9:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!, b[i + 8]!);
    case 10:
      return char(
        b[i]!,
        b[i + 1]!,
        b[i + 2]!,
        b[i + 3]!,
        b[i + 4]!,
        b[i + 5]!,
        b[i + 6]!,
        b[i + 7]!,
        b[i + 8]!,
        b[i + 9]!,
      );
    case 11:
      return char(
        b[i]!,
        b[i + 1]!,
        b[i + 2]!,
        b[i + 3]!,
        b[i + 4]!,
        b[i + 5]!,
        b[i + 6]!,
        b[i + 7]!,
        b[i + 8]!,
        b[i + 9]!,
        b[i + 10]!,
      );
    case 12:
      return char(
        b[i]!,
        b[i + 1]!,
        b[i + 2]!,
        b[i + 3]!,
        b[i + 4]!,
        b[i + 5]!,
        b[i + 6]!,
        b[i + 7]!,
        b[i + 8]!,
        b[i + 9]!,
        b[i + 10]!,
        b[i + 11]!,
      );
    default:
      return longLatin1(b, start, end);
  }
}

/** The texts with the terminator behind each, the last one included. */
export function joined(texts: string[], terminator: string): string {
  if (texts.length === 1) return texts[0]! + terminator;
  texts.push('');
  return texts.join(terminator);
}

/** Names and keys are short: up to so many characters a loop writes them, or counts their bytes, faster than a call into the runtime does. */
export const SHORT_TEXT = 20;
const SHORT_COUNT = 8;

/** @throws {TypeError} it is no text: anything else would make nonsense of lengths */
export function checkText(text: string): void {
  if (typeof text !== 'string') throw new TypeError(`text is to be written as a string, not as ${typeof text}`);
}

/** How many bytes `text` takes as utf-8; a lone surrogate takes three, as U+FFFD. */
export function utf8Length(text: string): number {
  checkText(text);
  const { length } = text;
  if (length > SHORT_COUNT) return Buffer.byteLength(text);
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text);
  return length;
}
