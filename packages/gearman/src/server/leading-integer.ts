/** The integer that a text begins with, as C's `strtoll` reads it: 0 for none. */
export function leadingInteger(text: string): number {
  const match = /^\s*([+-]?\d+)/.exec(text);
  return match === null ? 0 : Number(match[1]);
}
