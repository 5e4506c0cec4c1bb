import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';

import { type CloseOptions, WireError, wireLog } from '@wirewright/core';
import { MemcachedServer } from '@wirewright/memcached';

import { becomeUser } from '../shared/become-user.ts';
import { Exit, ExitStatus } from '../shared/exit.ts';
import { writePidFile } from '../shared/pid-file.ts';
import { readPasswords } from './password-file.ts';
import type { Plan } from './plan.ts';
import { writePortFile } from './port-file.ts';

/** How long requests that were received may take to be answered after SIGTERM and SIGINT, and after SIGUSR1, in ms. */
const SHORT_GRACE = 500;
const LONG_GRACE = 1000;

/**
 * Runs what a command line asks for, until a signal or a client ends it.
 *
 * @param say takes lines that memcached would print on stderr
 * @throws {Exit} it cannot listen there, or cannot become that user
 */
export async function serve(plan: Plan, say: (line: string) => void): Promise<void> {
  const { verbosity, listens, warnings } = plan;
  for (const warning of warnings) say(warning);
  become(plan.user);
  const passwords = reloadable(plan, say);
  const server = new MemcachedServer(
    passwords === undefined ? plan.server : { ...plan.server, users: passwords.check },
  );
  server.verbosity = verbosity;
  if (plan.trackSizes) server.stats('sizes_enable');
  if (verbosity > 0) server.onError((connection, error) => say(`<${connection.id} ${error.message}`));
  if (verbosity > 1) wireLog();
  await listenAll(server, listens);
  onSignals(server, passwords?.reload, (line) => {
    if (verbosity > 0) say(line);
  });
  if (plan.pidFile !== undefined) notePid(plan.pidFile, say);
  if (plan.portFile !== undefined) notePorts(plan.portFile, server, say);
  // With no place to listen, memcached runs all the same.
  if (listens.length === 0) void keepAlive(server);
}

function become(user: string | undefined): void {
  try {
    becomeUser(user);
  } catch (error) {
    throw new Exit(ExitStatus.NoUser, (error as Error).message);
  }
}

/** A file that cannot be written, or that has the id of another process, is a warning, as in memcached. */
function notePid(path: string, say: (line: string) => void): void {
  try {
    const owner = writePidFile(path);
    if (owner !== undefined) say(`WARNING: The pid file contained the following (running) pid: ${owner}`);
  } catch (error) {
    say(`Could not open the pid file ${path} for writing: ${(error as Error).message}`);
  }
}

/** A file that cannot be written is a warning, as in memcached: what listens already goes on. */
function notePorts(path: string, { addresses }: MemcachedServer, say: (line: string) => void): void {
  try {
    writePortFile(path, addresses);
  } catch (error) {
    say(`Failed to open "${path}": ${(error as Error).message}`);
  }
}

async function listenAll(server: MemcachedServer, listens: Plan['listens']): Promise<void> {
  try {
    for (const place of listens) await server.listen(place);
  } catch (error) {
    server.destroy();
    if (!(error instanceof WireError)) throw error;
    throw new Exit(ExitStatus.OsError, `failed to listen: ${error.message}`);
  }
}

/** Passwords that are checked as they are in the file now. */
function reloadable({ passwordFile }: Plan, say: (line: string) => void) {
  if (passwordFile === undefined) return undefined;
  let passwords = new Map(Object.entries(readPasswords(passwordFile)));
  return {
    check: (user: string, password: string): boolean => isSame(passwords.get(user), password),
    reload: (): void => {
      try {
        passwords = new Map(Object.entries(readPasswords(passwordFile)));
      } catch (error) {
        // Those that there are go on to count.
        say(`could not read ${passwordFile} again: ${(error as Error).message}`);
      }
    },
  };
}

function isSame(expected: string | undefined, given: string): boolean {
  const [a, b] = [Buffer.from(expected ?? ''), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b) && expected !== undefined;
}

function onSignals(server: MemcachedServer, reload: (() => void) | undefined, say: (line: string) => void): void {
  const stop = (line: string, options: CloseOptions): void => {
    say(line);
    void server.close(options);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => stop('Exiting normally', { grace: SHORT_GRACE }));
  process.on('SIGUSR1', () => stop('Gracefully stopping', { grace: LONG_GRACE }));
  process.on('SIGHUP', () => reload?.());
  // Whoever ends it, by a signal or as a client: nothing else is to keep the process.
  void server.closed.then(() => process.exit(ExitStatus.Ok));
}

async function keepAlive(server: MemcachedServer): Promise<void> {
  const timer = setInterval(() => {}, 2 ** 30);
  await server.closed;
  clearInterval(timer);
}
