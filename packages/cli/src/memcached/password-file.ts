import { readFileSync } from 'node:fs';

/**
 * Passwords by user, from lines `user:password`; empty lines do not count.
 *
 * @throws {Error} the file cannot be read, or has another line
 */
export function readPasswords(path: string): Record<string, string> {
  const passwords: Record<string, string> = {};
  for (const line of readFileSync(path, 'utf8').split(/\r?\n/)) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`${path} has a line that is not user:password`);
    passwords[line.slice(0, colon)] = line.slice(colon + 1);
  }
  return passwords;
}
