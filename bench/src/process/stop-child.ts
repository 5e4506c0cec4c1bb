import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Kills a process and waits for its end. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
