import { readLatin1 } from '@wirewright/core/codec';

import type { Bytes } from '../store/store.ts';

/** Bytes that stand for themselves (util.c, `uriencode_init`). */
const PLAIN = /[A-Za-z0-9\-._~]/;

const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** A key as memcached shows it in lists and logs: whatever is no letter, digit or one of `-._~` as `%` and two digits. */
export function uriEncode({ buffer, start, end }: Bytes): string {
  let text = '';
  for (let at = start; at < end; at++) text += ENCODED[buffer[at]!];
  return text;
}

/** A key as text, each byte one character. */
export function keyText({ buffer, start, end }: Bytes): string {
  return readLatin1(buffer, start, end);
}
