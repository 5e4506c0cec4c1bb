import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { undoAtExit } from './undo-at-exit.ts';

/**
 * Runs a program with the terminal of this one. When this one ends, that is asked to, so that it can end what it has started.
 *
 * @returns its exit status, 1 when a signal ended it
 */
export async function runOn(command: readonly string[]): Promise<number> {
  const [program, ...args] = command;
  const child = spawn(program!, args, { stdio: 'inherit' });
  const terminate = undoAtExit(() => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  terminate();
  return code ?? 1;
}
