import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { Clock } from '../connection/clock.ts';
import { DEFAULT_HOST, placeName } from '../connection/place.ts';
import type { NetSocketOptions } from '../connection/socket-options.ts';
import { Sweep } from '../connection/sweep.ts';
import { ConnectError, ConnectTimeoutError } from '../errors.ts';
import { noteHost, tlsConnect } from '../tls/tls-connect.ts';
import type { ConnectPlace } from './connect-place.ts';
import { connectTls } from './connect-tls.ts';

/**
 * How long one address of a name may take before the next is tried as well. Node's 250 ms give up on addresses that are merely far
 * away.
 */
const ATTEMPT_TIMEOUT = 1000;

/**
 * Connects and resolves with what `use` makes of the socket, in the same turn in which it connects, or hands are shaken.
 *
 * @throws {ConnectTimeoutError} (rejects) not within `timeout` ms, the look-up of the name and the TLS handshake included
 * @throws {ConnectError} (rejects) not at all
 * @throws {TlsError} (rejects) the handshake failed
 */
export function connectSocket<T>(
  target: ConnectPlace,
  socketOptions: NetSocketOptions,
  timeout: number,
  clock: Clock,
  signal: AbortSignal,
  use: (socket: Socket) => T,
): Promise<T> {
  const { port, host = DEFAULT_HOST, path } = target;
  signal.throwIfAborted();
  const tls = connectTls(target.tls);
  const place = path === undefined ? { port: port!, host } : { path };
  const where = placeName(place);
  return new Promise<T>((resolve, reject) => {
    const socket = connect({ ...socketOptions, ...place, autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT });
    if (path === undefined) noteHost(socket, host);
    const settle = (): void => {
      cancel();
      signal.removeEventListener('abort', abort);
      socket.off('connect', connected);
      // The 'error' listener stays until the connection has put its own: a failed socket may still have something to say.
    };
    const failed = (error: unknown): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const abort = (): void => failed(signal.reason);
    const onError = (error: Error): void => failed(connectError(where, error));
    const made = (stream: Socket | TLSSocket): void => {
      settle();
      try {
        resolve(use(stream));
      } catch (error) {
        failed(error);
        return;
      }
      socket.off('error', onError);
    };
    const connected = (): void => {
      if (tls === undefined) {
        made(socket);
        return;
      }
      try {
        tlsConnect(socket, tls, made, failed);
      } catch (error) {
        failed(error);
      }
    };
    const cancel = Sweep.of(clock).after(timeout, () => failed(new ConnectTimeoutError(where, timeout)));
    signal.addEventListener('abort', abort, { once: true });
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
