// Runs a program and returns what it printed; one that fails, or that takes more than `timeout` ms, throws with all that it said.
import { spawnSync } from 'node:child_process';

import { userEnvironment } from './user-environment.mjs';

export function execute(command, args, { cwd, timeout = 180_000 } = {}) {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: userEnvironment(),
    timeout,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (error === undefined && status === 0) return stdout;
  const outcome = error?.message ?? `ended with ${signal ?? `status ${status}`}`;
  throw new Error(`${[command, ...args].join(' ')}\n${stdout ?? ''}${stderr ?? ''}${outcome}`);
}
