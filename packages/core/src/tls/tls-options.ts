import type { ConnectionOptions as NodeTlsConnectOptions, TlsOptions, Server as TlsServer } from 'node:tls';

import { InvalidOptionError } from '../codec/errors.ts';

/**
 * How a server encrypts: what `tls.createServer()` of Node takes (`key`, `cert`, `ca`, `requestCert`, `ALPNProtocols`, `SNICallback`
 * ...), or such a server, which need not listen. That one can be given other certificates while it is in use, by its `addContext()` and
 * `setSecureContext()`.
 */
export type TlsServerOptions = TlsOptions | TlsServer;

/**
 * How a client encrypts: what `tls.connect()` of Node takes (`ca`, `key`, `cert`, `servername`, `ALPNProtocols` ...). The certificate of
 * the server is checked against `servername`, or else the host that was connected to.
 */
export type TlsClientOptions = Omit<NodeTlsConnectOptions, 'host' | 'port' | 'path' | 'socket' | 'timeout' | 'lookup'>;

/**
 * Has Node look at TLS options.
 *
 * @throws {InvalidOptionError} Node or OpenSSL refuses them; `cause` has its error
 */
export function checkedByNode<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new InvalidOptionError(`tls: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws {InvalidOptionError} `tls` is no object */
export function checkTlsObject(tls: unknown): asserts tls is object {
  if (typeof tls !== 'object' || tls === null) {
    throw new InvalidOptionError(
      'tls must be an object: { key, cert } of a server, { ca, servername ... } of a client',
    );
  }
}
