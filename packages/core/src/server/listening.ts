import type { Server as NetServer } from 'node:net';

import { type Place, placeName } from '../connection/socket-options.ts';
import { AddressInUseError, ListenError } from '../errors.ts';

export interface ListenOptions extends Place {
  /** How many connections may wait to be accepted. Default 511; the kernel may allow fewer. */
  readonly backlog?: number | undefined;
}

/**
 * Resolves when `listener` listens at the place that `options` name.
 *
 * @throws {ListenError} (rejects) it cannot; with a code and a message that say why
 */
export function listening(listener: NetServer, options: ListenOptions): Promise<void> {
  const { port, host, path, backlog } = options;
  const place = path === undefined ? { port: port!, ...(host === undefined ? {} : { host }) } : { path };
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(listenError(placeName(options), error));
    listener.once('error', failed);
    listener.listen({ ...place, ...(backlog === undefined ? {} : { backlog }) }, () => {
      listener.off('error', failed);
      resolve();
    });
  });
}

function listenError(where: string, error: NodeJS.ErrnoException): ListenError {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return new AddressInUseError(where, error);
    case 'EACCES':
      return new ListenError(
        `${where} is not allowed to this user: take a port above 1023 or a path you may write to`,
        { cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ListenError(`cannot listen on ${where}: host must be a name or an address of this machine`, {
        cause: error,
      });
    default:
      return new ListenError(`cannot listen on ${where}: ${error.message}`, { cause: error });
  }
}
