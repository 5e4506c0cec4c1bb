import { WireError, wireLog } from '@wirewright/core';
import { JobServer } from '@wirewright/gearman';

import { becomeUser } from '../shared/become-user.ts';
import { ExitStatus } from '../shared/exit.ts';
import { writePidFile } from '../shared/pid-file.ts';
import { Log } from './log.ts';
import type { Plan } from './plan.ts';
import { mistake } from './read-arguments.ts';

/** How long workers may take to finish after SIGTERM and SIGINT, in ms. */
const GRACE = 5000;

/**
 * Runs what a command line asks for, until a signal or an administrator ends it.
 *
 * @param say takes lines for stderr
 * @throws {Exit} it cannot listen there, become that user, open its queue or write its files
 */
export async function serve(plan: Plan, say: (line: string) => void): Promise<void> {
  for (const warning of plan.warnings) say(warning);
  const log = new Log(plan.level, plan.log);
  const server = new JobServer(plan.server);
  server.verbosity = plan.level;
  server.onError((connection, error) => log.write('INFO', `<${connection.id} ${error.message}`));
  if (plan.level === 'DEBUG') wireLog();
  try {
    becomeUser(plan.user);
    // Before anybody comes, so that a file that cannot be written does not end what serves already.
    if (plan.pidFile !== undefined) noteOwner(writePidFile(plan.pidFile), log);
    log.write('INFO', `Starting up with pid ${process.pid}`);
    await server.listen(plan.listen);
  } catch (error) {
    server.destroy();
    // Of the system, or ours: each says what to do.
    if (error instanceof WireError || error instanceof Error) throw mistake(error.message);
    throw error;
  }
  log.write('INFO', `Listening on port ${server.port}`);
  onSignals(server, log);
}

function noteOwner(owner: number | undefined, log: Log): void {
  if (owner !== undefined) log.write('WARNING', `The pid file had the id of a process that runs: ${owner}`);
}

function onSignals(server: JobServer, log: Log): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    log.write('NOTICE', `${signal}: stopping`);
    if (stopping) server.destroy();
    else void server.close({ grace: GRACE });
    stopping = true;
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  process.on('SIGUSR1', () => {
    log.write('NOTICE', 'SIGUSR1: no connections any more, and the end when no job is left');
    void server.drain();
  });
  // The log file is opened for each line, so there is nothing to be done when it was moved away.
  process.on('SIGHUP', () => {});
  // Whoever ends it, by a signal or as an administrator: nothing else is to keep the process.
  void server.closed.then(() => process.exit(ExitStatus.Ok));
}
