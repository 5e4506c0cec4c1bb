import { chmodSync } from 'node:fs';
import type { Server as NetServer } from 'node:net';

import { InvalidOptionError } from '../codec/errors.ts';
import { integerOption } from '../codec/options.ts';
import { type Place, placeName } from '../connection/place.ts';
import { AddressInUseError, ListenError } from '../errors.ts';
import { ENTRANCE_OPTIONS, type EntranceOptions } from './entrance.ts';
import { removeStaleSocket } from './stale-socket.ts';

/** Where to listen, and what peers have to pass there. */
export interface ListenOptions extends Place, EntranceOptions {
  /** How many connections may wait to be accepted. Default 511; the kernel may allow fewer. */
  readonly backlog?: number | undefined;
  /** Permissions of the socket that `path` makes, such as `0o660`. Default: what the umask leaves. */
  readonly mode?: number | undefined;
}

/** The names of {@link ListenOptions} besides the place. */
export const LISTEN_OPTIONS: readonly string[] = ['backlog', 'mode', ...ENTRANCE_OPTIONS];

/**
 * Resolves when `listener` listens at the place that `options` name. A unix socket that a process has left behind is replaced.
 *
 * @throws {ListenError} (rejects) it cannot; with a code and a message that say why
 */
export async function listening(listener: NetServer, options: ListenOptions): Promise<void> {
  const { path, mode } = options;
  try {
    await listen(listener, options).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' || path === undefined) throw error;
      await removeStaleSocket(path);
      // Even if it was not stale: it may be the one that another worker of a cluster has made when it had removed a stale one, and the
      // second attempt is what finds it.
      await listen(listener, options);
    });
    if (path !== undefined && mode !== undefined) chmodSync(path, mode);
  } catch (error) {
    listener.close();
    throw listenError(options, error as NodeJS.ErrnoException);
  }
}

/** @throws {InvalidOptionError} `mode` is none, or goes with no path */
export function checkMode({ path, mode }: ListenOptions): void {
  if (mode === undefined) return;
  integerOption('mode', mode, 0, 0o777);
  if (path === undefined || path.startsWith('\0'))
    throw new InvalidOptionError('mode is of the file of a unix socket: it goes with a path');
}

function listen(listener: NetServer, { port, host, path, backlog, mode }: ListenOptions): Promise<void> {
  const place = path === undefined ? { port: port!, ...(host === undefined ? {} : { host }) } : { path };
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    const restore = mode === undefined ? undefined : restrict(mode);
    listener.listen({ ...place, ...(backlog === undefined ? {} : { backlog }) }, () => {
      listener.off('error', reject);
      resolve();
    });
    restore?.();
  });
}

/**
 * Has files that are made now have no more permissions than `mode`, so that nobody slips in before the socket gets its own. Returns what
 * ends that. The worker of a cluster does not make the socket itself, and a thread may not do this: there the permissions come a little later.
 */
function restrict(mode: number): (() => void) | undefined {
  try {
    const before = process.umask(~mode & 0o777);
    return () => process.umask(before);
  } catch {
    return undefined;
  }
}

function listenError(place: Place, error: NodeJS.ErrnoException): ListenError {
  const where = placeName(place);
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return new AddressInUseError(where, error);
    case 'EACCES':
    case 'ENOENT': {
      const why =
        place.path === undefined
          ? `${where} is not allowed to this user: take a port above 1023`
          : `cannot listen on ${where}: its folder is missing, or this user may not write to it`;
      return new ListenError(why, { cause: error });
    }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ListenError(`cannot listen on ${where}: host must be a name or an address of this machine`, {
        cause: error,
      });
    default:
      return new ListenError(`cannot listen on ${where}: ${error.message}`, { cause: error });
  }
}
