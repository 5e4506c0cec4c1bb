import { wireLog } from '@wirewright/core';
import { JobServer } from '@wirewright/gearman';

import { becomeUser } from '../shared/become-user.ts';
import { ExitStatus } from '../shared/exit.ts';
import { writePidFile } from '../shared/pid-file.ts';
import { Log } from './log.ts';
import type { Plan } from './plan.ts';
import { storeOf } from './queue.ts';
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
  const store = await storeOf(plan.queue);
  const server = new JobServer(store === undefined ? plan.server : { ...plan.server, store });
  server.verbosity = plan.level;
  server.onError((connection, error) => log.write('INFO', `<${connection.id} ${error.message}`));
  server.onStoreTrouble((error) => log.write('ERROR', error.message));
  if (plan.level === 'DEBUG') wireLog();
  const opening = new AbortController();
  try {
    becomeUser(plan.user);
    // Before anybody comes, so that a file that cannot be written does not end what serves already.
    if (plan.pidFile !== undefined) noteOwner(writePidFile(plan.pidFile), log);
    onSignals(server, log, opening);
    log.write('INFO', `Starting up with pid ${process.pid}`);
    // Of a database that servers share, there may be nothing to be had yet.
    await server.open(opening.signal);
    if (server.damage !== undefined) log.write('ERROR', server.damage.detail);
    await server.listen(plan.listen);
  } catch (error) {
    server.destroy();
    if (opening.signal.aborted) return;
    // Of the system, or ours: each says what to do.
    if (error instanceof Error) throw mistake(error.message);
    throw error;
  }
  log.write('INFO', `Listening on port ${server.port}`);
}

function noteOwner(owner: number | undefined, log: Log): void {
  if (owner !== undefined) log.write('WARNING', `The pid file had the id of a process that runs: ${owner}`);
}

function onSignals(server: JobServer, log: Log, opening: AbortController): void {
  // An end that nobody has asked for is a failure: the queue was lost.
  let asked = false;
  let draining = false;
  const stop = (signal: NodeJS.Signals): void => {
    log.write('NOTICE', `${signal}: stopping`);
    if (asked) server.destroy();
    else void server.close({ grace: GRACE });
    asked = true;
    opening.abort();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  process.on('SIGUSR1', () => {
    log.write('NOTICE', 'SIGUSR1: no connections any more, and the end when no job is left');
    opening.abort();
    draining = true;
    void server.drain();
  });
  // The log file is opened for each line, so there is nothing to be done when it was moved away.
  process.on('SIGHUP', () => {});
  server.onShutdown((graceful) => {
    draining = true;
    return graceful ? server.drain() : server.close({ grace: GRACE });
  });
  // Nothing else is to keep the process.
  void server.closed.then(() => process.exit(asked || draining ? ExitStatus.Ok : ExitStatus.Failure));
}
