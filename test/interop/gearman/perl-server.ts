import { connect } from 'node:net';

import { isScript } from '../../support/is-script.ts';
import { PATIENCE } from '../../support/patience.ts';
import { freePort, program, Running } from '../../support/programs.ts';
import type { Start } from './server-under-test.ts';

/** Perl's Gearman::Server. It is called gearmand, as the other one is, which is compiled. */
export const perlServer: string | undefined = program('gearmand', 'gearman-server', isScript);

/** It says nothing when it listens, so it is asked. */
export const startPerlServer: Start = async () => {
  const port = await freePort();
  const process = new Running(perlServer!, ['--listen=127.0.0.1', `--port=${port}`]);
  const until = Date.now() + PATIENCE;
  while (!(await listens(port))) {
    if (process.process.exitCode !== null || Date.now() > until) {
      process.destroy();
      throw new Error(`Gearman::Server does not listen on port ${port}:\n${process.output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    async close() {
      process.destroy();
      await process.ended;
    },
  };
};

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
