import { type ChildProcess, spawn, spawnSync, type StdioOptions } from 'node:child_process';

import { undoAtExit } from './undo-at-exit.ts';

/** Where there is `setpriv`, the kernel ends a child also when this process is killed and can end nobody. */
const withParent: readonly string[] =
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : [];

/** Starts a program that does not outlive this process. */
export function startChild(command: readonly string[], stdio: StdioOptions): ChildProcess {
  const [program, ...args] = [...withParent, ...command];
  const child = spawn(program!, args, { stdio });
  const kill = undoAtExit(() => child.kill('SIGKILL'));
  child.once('exit', kill);
  return child;
}
