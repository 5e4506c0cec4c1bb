import { Buffer } from 'node:buffer';

import { InvalidNameError } from '../errors.ts';
import { checkName } from '../names.ts';

/** Bytes of the longest line that gearmand reads (`GEARMAN_TEXT_LINE_MAX`). */
const MAX_LINE = 8191;

/** What would end a word, or the line. All of it is ASCII: above, bytes are parts of characters. */
// oxlint-disable-next-line no-control-regex -- those are what it is about
const NO_WORD = /[\u0000-\u0020\u007f]/;

// oxlint-disable-next-line no-control-regex -- those are what it is about
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * `word`, when the text protocol has a place for it.
 *
 * @throws {InvalidNameError} it is empty, or has a space or a control character
 */
export function checkWord(what: string, word: string): string {
  checkName(what, word);
  if (NO_WORD.test(word)) {
    throw new InvalidNameError(`the text protocol has no place for the spaces or controls of ${what}: ${show(word)}`);
  }
  return word;
}

/**
 * `line`, when it can be sent as a command.
 *
 * @throws {InvalidNameError} it is empty, begins with a space, has a control character, or more than 8191 bytes
 */
export function checkLine(line: string): string {
  checkName('a command', line);
  // Gearman::Server never gets past a line that begins with a space.
  if (CONTROL.test(line) || line.startsWith(' ')) {
    throw new InvalidNameError(`a command begins with a word, and has no control characters: ${show(line)}`);
  }
  if (Buffer.byteLength(line) > MAX_LINE) {
    throw new InvalidNameError(`servers read lines of up to ${MAX_LINE} bytes, not of ${Buffer.byteLength(line)}`);
  }
  return line;
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
