import { isIP, type Socket } from 'node:net';
import {
  connect,
  createSecureContext,
  type ConnectionOptions as NodeTlsConnectOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';

import { InvalidOptionError } from '../codec/errors.ts';
import { ClosedError } from '../errors.ts';
import { handshakeError } from './tls-error.ts';
import { checkedByNode, checkTlsObject, type TlsClientOptions } from './tls-options.ts';

/** Contexts by the options that they were made of: to read all authorities again for each connection takes milliseconds. */
const contexts = new WeakMap<object, SecureContext>();

/** What each socket was connected to, for the check of the certificate. */
const hosts = new WeakMap<Socket, string>();

/** Notes that `socket` is to be connected to `host`: a certificate has to be for that. */
export function noteHost(socket: Socket, host: string): void {
  hosts.set(socket, host);
}

/**
 * The context for `options`; the same one for the same object.
 *
 * @throws {InvalidOptionError} they are none that TLS can be made with
 */
export function clientContext(options: TlsClientOptions): SecureContext {
  checkTlsObject(options);
  checkTypes(options);
  if (options.secureContext !== undefined) return options.secureContext;
  let context = contexts.get(options);
  if (context === undefined) {
    context = checkedByNode(() => createSecureContext(options));
    contexts.set(options, context);
  }
  return context;
}

/**
 * Begins TLS on a socket that is connected, as its client, and calls `done` or `failed` once; `failed` with a {@link TlsError}. Returns
 * the encrypted stream, which can be written to already: that is sent after the handshake. `done` is called in the very turn in which
 * the handshake completes; until the caller puts listeners of its own, errors of the stream go nowhere.
 *
 * @throws {InvalidOptionError} TLS cannot be made with the options
 */
export function tlsConnect(
  socket: Socket,
  options: TlsClientOptions,
  done: (secure: TLSSocket) => void,
  failed: (error: unknown) => void,
): TLSSocket {
  const secureContext = clientContext(options);
  const host = hosts.get(socket);
  const servername = options.servername ?? (host !== undefined && isIP(host) === 0 ? host : undefined);
  const given: NodeTlsConnectOptions & { allowHalfOpen: boolean } = {
    ...options,
    allowHalfOpen: true,
    secureContext,
    socket,
    ...(host === undefined ? {} : { host }),
    ...(servername === undefined ? {} : { servername }),
    ...(options.checkServerIdentity === undefined ? {} : { checkServerIdentity: calmly(options.checkServerIdentity) }),
  };
  const secure = checkedByNode(() => connect(given));
  let settled = false;
  const fail = (error: unknown): void => {
    if (settled) return;
    settled = true;
    secure.destroy();
    failed(handshakeError(error));
  };
  secure.on('error', fail);
  secure.on('close', () => fail(new ClosedError('the socket')));
  secure.on('secureConnect', () => {
    settled = true;
    done(secure);
  });
  return secure;
}

/** Node looks at some of them too late: when it has taken the socket already. */
function checkTypes({ servername, checkServerIdentity, pskCallback }: TlsClientOptions): void {
  if (servername !== undefined && typeof servername !== 'string')
    throw new InvalidOptionError('servername of tls must be a name');
  for (const [name, value] of Object.entries({ checkServerIdentity, pskCallback })) {
    if (value !== undefined && typeof value !== 'function')
      throw new InvalidOptionError(`${name} of tls must be a function`);
  }
}

type CheckServerIdentity = NonNullable<TlsClientOptions['checkServerIdentity']>;

/** What `check` throws at a strange certificate is a reason not to accept it, and none to end the process. */
function calmly(check: CheckServerIdentity): CheckServerIdentity {
  return (host, certificate) => {
    try {
      return check(host, certificate);
    } catch (error) {
      return error as Error;
    }
  };
}
