import { readFileSync } from 'node:fs';

/**
 * Gives up root for a user. Whoever is not root stays who it is.
 *
 * @throws {Error} there is no such user
 */
export function becomeUser(name: string | undefined): void {
  const { setuid, setgid, setgroups } = process;
  if (name === undefined || name === 'root' || process.getuid?.() !== 0) return;
  try {
    // Groups first: without root they cannot be changed any more.
    const group = groupOf(name);
    setgroups?.([group]);
    setgid?.(group);
    setuid?.(name);
  } catch (error) {
    throw new Error(`can't find the user ${name} to switch to: ${(error as Error).message}`, { cause: error });
  }
}

/** The first group of a user. */
function groupOf(name: string): number {
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([user]) => user === name);
  if (entry === undefined) throw new Error('there is none in /etc/passwd');
  return Number(entry[3]);
}
