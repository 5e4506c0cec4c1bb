import { isScript } from '../../support/is-script.ts';
import { freePort, program, Running } from '../../support/programs.ts';
import type { Start } from './server-under-test.ts';

/** Debian's gearmand; Perl's Gearman::Server, a script, is called the same, and comes first in the path of many. */
export const gearmand: string | undefined = program('gearmand', 'gearman-job-server', (path) => !isScript(path));

/** It runs, with more arguments than it needs. */
export function gearmandWith(path: string, ...args: readonly string[]): Start {
  return async () => {
    const port = await freePort();
    // Without threads: what the answers are must not depend on which of them is faster.
    const own = ['--listen=127.0.0.1', `--port=${port}`, '--threads=0', '--log-file=stderr', '--verbose=INFO'];
    const process = new Running(path, [...own, ...args]);
    await process.says(/Adding event for listening socket/);
    return {
      port,
      async close() {
        process.destroy();
        await process.ended;
      },
    };
  };
}
