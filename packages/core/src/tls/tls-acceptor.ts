import type { Socket } from 'node:net';
import { createServer, type TlsOptions, Server as TlsServer, type TLSSocket } from 'node:tls';

import { InvalidOptionError } from '../codec/errors.ts';
import { certificateError, handshakeError } from './tls-error.ts';
import { checkedByNode, checkTlsObject, type TlsServerOptions } from './tls-options.ts';

/** What can make a certificate known to a server; without any of them no handshake succeeds. */
const IDENTITIES: readonly (keyof TlsOptions)[] = ['cert', 'pfx', 'SNICallback', 'pskCallback'];

/** A stream that Node encrypts, which knows inside what it is on: nothing public says that. */
interface OnTop extends TLSSocket {
  readonly _parent?: object;
}

interface Handshake {
  readonly done: (socket: TLSSocket) => void;
  readonly failed: (error: unknown) => void;
}

/** The server's side of TLS, on sockets that are there: a server of Node's that does not listen shakes the hands. */
export class TlsAcceptor {
  static readonly #acceptors = new WeakMap<object, TlsAcceptor>();
  readonly #server: TlsServer;
  /** Those that are under way, by the socket underneath. */
  readonly #handshakes = new Map<object, Handshake>();

  /**
   * The acceptor for `options`, the same one for the same object: what they name is read and parsed once.
   *
   * @throws {InvalidOptionError} they are none that TLS can be made with
   */
  static of(options: TlsServerOptions): TlsAcceptor {
    checkTlsObject(options);
    let acceptor = this.#acceptors.get(options);
    if (acceptor === undefined) {
      acceptor = new TlsAcceptor(options instanceof TlsServer ? options : serverOf(options));
      this.#acceptors.set(options, acceptor);
    }
    return acceptor;
  }

  private constructor(server: TlsServer) {
    this.#server = server;
    server.on('secureConnection', (socket: OnTop) => this.#take(socket)?.done(socket));
    server.on('tlsClientError', (error, socket: OnTop) => {
      // Node breaks off without a word when it is about the certificate of the client.
      // A code, whatever its type says.
      const reason: unknown = socket.authorizationError;
      const about = typeof reason === 'string' ? certificateError(reason, error) : handshakeError(error);
      this.#take(socket)?.failed(about);
    });
  }

  /**
   * Resolves with the encrypted stream on top of `socket`.
   *
   * @param shakes whether the server of Node has the socket already, because it is its listener that brought it
   * @throws {TlsError} (rejects) the handshake failed
   */
  accept(socket: Socket, shakes: boolean = false): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      // The stream on top tells more, and a little later.
      const closed = (): void => {
        setImmediate(() => this.#handshakes.get(socket)?.failed(handshakeError({ code: 'ECONNRESET' })));
      };
      const settled = (): void => {
        this.#handshakes.delete(socket);
        socket.off('close', closed);
      };
      this.#handshakes.set(socket, {
        done: (secure) => {
          settled();
          // Whoever gets the stream puts a listener of its own a little later.
          secure.on('error', ignore);
          resolve(secure);
        },
        failed: (error) => {
          settled();
          reject(error);
        },
      });
      socket.on('close', closed);
      // A peer that ends in the midst of the handshake will not complete it. The stream on top takes this over.
      socket.allowHalfOpen = false;
      if (!shakes) this.#server.emit('connection', socket);
    });
  }

  #take(socket: OnTop): Handshake | undefined {
    const { _parent: underneath = socket } = socket;
    return this.#handshakes.get(underneath);
  }
}

/** @throws {InvalidOptionError} */
function serverOf(options: TlsOptions): TlsServer {
  if (IDENTITIES.every((name) => options[name] === undefined) && !('secureContext' in options)) {
    throw new InvalidOptionError('tls of a server needs a certificate and its key: { key, cert }, in PEM');
  }
  return checkedByNode(() => createServer({ ...options, ...WITHOUT_LIMIT }));
}

/** The limit of the handshake is ours: Node's is two minutes unless it is longer. */
const WITHOUT_LIMIT = { handshakeTimeout: 2 ** 31 - 1 } as const;

function ignore(): void {}
