/** What a terminal obeys or a reader does not see: control and format characters, lone surrogates, separators of lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * `text` on one line that cannot be mistaken for another: what is not printable is escaped, and of more than `limit` characters the
 * first ones are given, and how many more there are.
 */
export function printable(text: string, limit: number): string {
  if (text.length <= limit) return text.replaceAll(UNPRINTABLE, escaped);
  // Half a character is none.
  const shown = text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, '');
  return `${shown.replaceAll(UNPRINTABLE, escaped)} ... ${text.length - shown.length} more characters`;
}

function escaped(character: string): string {
  const hex = character.codePointAt(0)!.toString(16);
  return NAMED[character] ?? (hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
}
