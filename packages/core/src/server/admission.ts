import type { BlockList, Socket } from 'node:net';

import { integerOption } from '../codec/options.ts';
import { AddressDeniedError, type RefusedError, TooManyConnectionsError, UnavailableError } from '../errors.ts';
import { type Addresses, addressList, isListed, plainAddress } from './address-list.ts';

/** Who may connect, and how many. Whoever may not is refused: its socket is destroyed. */
export interface AdmissionOptions {
  /** Connections that may be open at a time, over all listeners; those that still shake hands count, too. Default 65,536. */
  readonly maxConnections?: number | undefined;
  /** Connections that one IP address may have open at a time, or false for any number. Unix sockets have no address. Default 16,384. */
  readonly maxConnectionsPerAddress?: number | false | undefined;
  /** Addresses that may connect; all others may not. Default: every address. Unix sockets have none, and always may. */
  readonly allow?: Addresses | undefined;
  /** Addresses that may not connect, though `allow` has them. Looked at for each connection: a `BlockList` may still grow. Default none. */
  readonly deny?: Addresses | undefined;
}

/** The names of {@link AdmissionOptions}. */
export const ADMISSION_OPTIONS: readonly string[] = ['maxConnections', 'maxConnectionsPerAddress', 'allow', 'deny'];

/** Counts the sockets that are open, and says whether there may be another. */
export class Admission {
  readonly #max: number;
  readonly #maxPerAddress: number;
  readonly #allow: BlockList | undefined;
  readonly #deny: BlockList | undefined;
  #open = 0;
  readonly #byAddress = new Map<string, number>();
  /** The addresses that proxies have announced, by the socket; undefined until they have. */
  readonly #announced = new WeakMap<Socket, string | undefined>();
  /** One function for all sockets: a closure for each would cost every idle connection memory. */
  readonly #onClose: (this: Socket) => void;

  /** @throws {InvalidOptionError} an option is out of range */
  constructor(options: AdmissionOptions) {
    const { maxConnections = 65_536, maxConnectionsPerAddress = 16_384, allow, deny } = options;
    this.#max = integerOption('maxConnections', maxConnections, 1);
    this.#maxPerAddress =
      maxConnectionsPerAddress === false
        ? Infinity
        : integerOption('maxConnectionsPerAddress', maxConnectionsPerAddress, 1);
    this.#allow = allow === undefined ? undefined : addressList('allow', allow);
    this.#deny = deny === undefined ? undefined : addressList('deny', deny);
    const release = (socket: Socket): void => this.#release(socket);
    this.#onClose = function onClose() {
      release(this);
    };
  }

  /** How many addresses have sockets that count. */
  get addresses(): number {
    return this.#byAddress.size;
  }

  /**
   * Why `socket` may not be served; undefined if it may, and then it counts until it closes.
   *
   * @param proxied whether its address says nothing, because a proxy will {@link announce} another
   */
  admit(socket: Socket, proxied: boolean = false): RefusedError | undefined {
    // On Linux, what a peer sent before it reset the connection can still be read, but not whose it was.
    if (socket.remoteAddress === undefined && socket.localPort !== undefined) {
      return new UnavailableError('the peer had gone before it was accepted');
    }
    if (this.#open >= this.#max) return new TooManyConnectionsError(`maxConnections: ${this.#max}`);
    if (proxied) {
      this.#announced.set(socket, undefined);
    } else {
      const refused = this.#admitAddress(this.#addressOf(socket));
      if (refused !== undefined) return refused;
    }
    this.#open++;
    socket.on('close', this.#onClose);
    return undefined;
  }

  /** Why `socket`, which a proxy has connected for `address`, may not be served; undefined if it may, and then it counts for that. */
  announce(socket: Socket, address: string): RefusedError | undefined {
    const plain = plainAddress(address);
    const refused = this.#admitAddress(plain);
    if (refused === undefined) this.#announced.set(socket, plain);
    return refused;
  }

  #admitAddress(address: string | undefined): RefusedError | undefined {
    if (address === undefined) return undefined;
    if (this.#deny !== undefined && isListed(this.#deny, address)) return new AddressDeniedError(address);
    if (this.#allow !== undefined && !isListed(this.#allow, address)) return new AddressDeniedError(address);
    if (this.#maxPerAddress === Infinity) return undefined;
    const open = this.#byAddress.get(address) ?? 0;
    if (open >= this.#maxPerAddress)
      return new TooManyConnectionsError(`maxConnectionsPerAddress: ${this.#maxPerAddress}, of ${address}`);
    this.#byAddress.set(address, open + 1);
    return undefined;
  }

  #release(socket: Socket): void {
    this.#open--;
    // A closed socket still has the address that it had when it was admitted: Node keeps what it was asked for once.
    const address = this.#addressOf(socket);
    const open = address === undefined ? undefined : this.#byAddress.get(address);
    if (open === undefined) return;
    if (open === 1) this.#byAddress.delete(address!);
    else this.#byAddress.set(address!, open - 1);
  }

  /** What `socket` counts for: undefined for a unix socket. */
  #addressOf(socket: Socket): string | undefined {
    if (this.#maxPerAddress === Infinity && this.#allow === undefined && this.#deny === undefined) return undefined;
    if (this.#announced.has(socket)) return this.#announced.get(socket);
    const { remoteAddress } = socket;
    return remoteAddress === undefined ? undefined : plainAddress(remoteAddress);
  }
}
