import type { Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket } from 'node:tls';

import { HandshakeTimeoutError } from '../errors.ts';
import { TlsAcceptor } from '../tls/tls-acceptor.ts';
import { clientContext, tlsConnect } from '../tls/tls-connect.ts';
import type { TlsClientOptions, TlsServerOptions } from '../tls/tls-options.ts';
import type { Sweep } from './sweep.ts';

/** Which side of the handshake a connection is on. */
interface TlsSide {
  /** Whether it is the server. Default: whether a server has made the connection. */
  readonly isServer?: boolean | undefined;
}

/** How a connection begins to encrypt: as a server or as a client. */
export type StartTlsOptions = (TlsServerOptions & TlsSide) | (TlsClientOptions & TlsSide);

/**
 * Makes what puts TLS on a socket, within `timeout` ms (0: as long as it takes).
 *
 * @param asServer which side it is, unless the options say
 * @throws {InvalidOptionError} TLS cannot be made with the options
 */
export function handshake(
  options: StartTlsOptions,
  asServer: boolean,
  timeout: number,
  sweep: Sweep,
): (socket: Socket) => Promise<TLSSocket> {
  const isServer = options instanceof TlsServer || ((options as { isServer?: boolean }).isServer ?? asServer);
  // What is wrong with the options is found out before anything is touched.
  const acceptor = isServer ? TlsAcceptor.of(options as TlsServerOptions) : undefined;
  if (!isServer) clientContext(options as TlsClientOptions);
  const begin = (socket: Socket): Promise<TLSSocket> =>
    acceptor?.accept(socket) ??
    new Promise((resolve, reject) => tlsConnect(socket, options as TlsClientOptions, resolve, reject));
  return async (socket) => {
    let late: HandshakeTimeoutError | undefined;
    const expire = (): void => {
      late = new HandshakeTimeoutError(timeout, 'the TLS handshake');
      socket.destroy();
    };
    const cancel = timeout === 0 ? undefined : sweep.after(timeout, expire);
    try {
      // TLS takes the socket from under the stream: what waits in that would come after what is encrypted.
      if (socket.writableLength > 0) await written(socket);
      return await begin(socket);
    } catch (error) {
      throw late ?? error;
    } finally {
      cancel?.();
    }
  };
}

/** Resolves when all that was written to `socket` has left, or it has closed. */
function written(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.write('', () => resolve());
    socket.once('close', resolve);
  });
}
