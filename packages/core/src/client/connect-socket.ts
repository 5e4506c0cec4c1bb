import { connect, type Socket } from 'node:net';

import type { Clock } from '../connection/clock.ts';
import { type NetSocketOptions, type Place, placeName } from '../connection/socket-options.ts';
import { Sweep } from '../connection/sweep.ts';
import { ConnectError, ConnectTimeoutError } from '../errors.ts';

export interface ConnectOptions extends Place {
  /** Gives up when it is aborted; `connect` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How long one address of a name may take before the next is tried as well. Node's 250 ms give up on addresses that are merely far
 * away.
 */
const ATTEMPT_TIMEOUT = 1000;

/**
 * Connects and resolves with what `use` makes of the socket, in the same turn in which it connects.
 *
 * @throws {ConnectTimeoutError} (rejects) not within `timeout` ms, the look-up of the name included
 * @throws {ConnectError} (rejects) not at all
 */
export function connectSocket<T>(
  options: ConnectOptions,
  socketOptions: NetSocketOptions,
  timeout: number,
  clock: Clock,
  use: (socket: Socket) => T,
): Promise<T> {
  const { port, host, path, signal } = options;
  signal?.throwIfAborted();
  const place = path === undefined ? { port: port!, host: host ?? 'localhost' } : { path };
  const where = placeName(place);
  return new Promise<T>((resolve, reject) => {
    const socket = connect({ ...socketOptions, ...place, autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT });
    const settle = (): void => {
      cancel();
      signal?.removeEventListener('abort', abort);
      socket.off('connect', connected);
      // The 'error' listener stays until the connection has put its own: a failed socket may still have something to say.
    };
    const failed = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const abort = (): void => failed(signal!.reason as Error);
    const onError = (error: Error): void => failed(connectError(where, error));
    const connected = (): void => {
      settle();
      try {
        resolve(use(socket));
      } catch (error) {
        failed(error as Error);
        return;
      }
      socket.off('error', onError);
    };
    const cancel = Sweep.of(clock).after(timeout, () => failed(new ConnectTimeoutError(where, timeout)));
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('error', onError);
    socket.on('connect', connected);
  });
}

function connectError(where: string, error: NodeJS.ErrnoException): ConnectError {
  // A name with several addresses fails with one error for each, and no message of its own.
  const causes = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  const reasons = [...new Set(causes.map((cause) => cause.message))].join('; ');
  return new ConnectError(`cannot connect to ${where}: ${reasons}`, { cause: error });
}
