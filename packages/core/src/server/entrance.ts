import type { Server as NetServer, Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket } from 'node:tls';

import { InvalidOptionError } from '../codec/errors.ts';
import type { ProxyHeader } from '../codec/proxy/header.ts';
import { TlsAcceptor } from '../tls/tls-acceptor.ts';
import type { TlsServerOptions } from '../tls/tls-options.ts';
import { type ProxyOptions, TrustedProxies } from './trusted-proxies.ts';

/** What the sockets of a listener have to pass before they are connections. */
export interface EntranceOptions {
  /** Encrypts: connections are made once hands are shaken, which `handshakeTimeout` limits. Default: plaintext. */
  readonly tls?: TlsServerOptions | undefined;
  /** Every connection comes through a proxy that tells for whom, in a header of the PROXY protocol. Default: none does. */
  readonly proxy?: ProxyOptions | undefined;
}

/** The names of {@link EntranceOptions}. */
export const ENTRANCE_OPTIONS: readonly string[] = ['tls', 'proxy'];

/** What has come through an {@link Entrance}. */
export interface Entered {
  readonly stream: Socket | TLSSocket;
  /** What the proxy has told. */
  readonly header: ProxyHeader | undefined;
}

/** What the sockets of a listener have to pass to become connections: first the header of a proxy, then the handshake of TLS. */
export class Entrance {
  readonly proxies: TrustedProxies | undefined;
  readonly #acceptor: TlsAcceptor | undefined;
  /** Whether the listener itself begins the handshakes. */
  readonly #shakes: boolean;

  /**
   * The entrance that a listener with these options needs; undefined if its sockets are connections at once.
   *
   * @throws {InvalidOptionError} an option is none that an entrance can be made with
   */
  static of({ tls, proxy }: EntranceOptions, listener?: NetServer): Entrance | undefined {
    const shakes = listener instanceof TlsServer;
    if (shakes && (tls !== undefined || proxy !== undefined)) {
      throw new InvalidOptionError(
        'this listener encrypts by itself: give it as tls to listen(), with the other options',
      );
    }
    const encrypts = shakes ? listener : tls;
    const acceptor = encrypts === undefined ? undefined : TlsAcceptor.of(encrypts);
    const proxies = proxy === undefined ? undefined : new TrustedProxies(proxy);
    return acceptor === undefined && proxies === undefined ? undefined : new Entrance(proxies, acceptor, shakes);
  }

  private constructor(proxies: TrustedProxies | undefined, acceptor: TlsAcceptor | undefined, shakes: boolean) {
    this.proxies = proxies;
    this.#acceptor = acceptor;
    this.#shakes = shakes;
  }

  /**
   * Lets `socket` in.
   *
   * @param announce gets what the proxy has told, and throws if that may not connect
   * @throws {WireError} (rejects) it may not come in
   */
  async pass(socket: Socket, announce: (header: ProxyHeader) => void): Promise<Entered> {
    const header = await this.proxies?.headerOf(socket);
    if (header !== undefined) announce(header);
    const stream = (await this.#acceptor?.accept(socket, this.#shakes)) ?? socket;
    return { stream, header };
  }

  /** What is being waited for at the entrance, in words. */
  get what(): string {
    if (this.#acceptor === undefined) return 'the PROXY header';
    return this.proxies === undefined ? 'the TLS handshake' : 'the PROXY header and the TLS handshake';
  }
}
