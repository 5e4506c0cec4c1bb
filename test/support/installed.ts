import { execFileSync } from 'node:child_process';

import { skipped } from './programs.ts';

/** Something that an interpreter has or has not. */
export interface Interpreted {
  readonly name: string;
  readonly interpreter: string;
  /** The Debian packages that it is in. */
  readonly debian: string;
  /** Arguments with which the interpreter ends with 0 if it is there. */
  readonly probe: readonly string[];
}

/** Those that are installed. Tests with others are to be skipped, which is said as by `program()`. */
export function installed<Peer extends Interpreted>(peers: readonly Peer[]): Peer[] {
  return peers.filter(({ name, interpreter, debian, probe }) => {
    try {
      execFileSync(interpreter, probe, { stdio: 'ignore' });
      return true;
    } catch {
      skipped(name, debian);
      return false;
    }
  });
}
