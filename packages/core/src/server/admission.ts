import type { Socket } from 'node:net';

import { integerOption } from '../codec/options.ts';

export interface AdmissionOptions {
  /** Connections that may be open at a time, over all listeners; those that still shake hands count, too. Default 65,536. */
  readonly maxConnections?: number | undefined;
  /** Connections that one IP address may have open at a time, or false for any number. Unix sockets have no address. Default 16,384. */
  readonly maxConnectionsPerAddress?: number | false | undefined;
}

/** The names of {@link AdmissionOptions}. */
export const ADMISSION_OPTIONS: readonly string[] = ['maxConnections', 'maxConnectionsPerAddress'];

/** Counts the sockets that are open, and says whether there may be another. */
export class Admission {
  readonly #max: number;
  readonly #maxPerAddress: number;
  #open = 0;
  readonly #byAddress = new Map<string, number>();
  /** One function for all sockets: a closure for each would cost every idle connection memory. */
  readonly #onClose: (this: Socket) => void;

  /** @throws {InvalidOptionError} an option is out of range */
  constructor(options: AdmissionOptions) {
    const { maxConnections = 65_536, maxConnectionsPerAddress = 16_384 } = options;
    this.#max = integerOption('maxConnections', maxConnections, 1);
    this.#maxPerAddress =
      maxConnectionsPerAddress === false
        ? Infinity
        : integerOption('maxConnectionsPerAddress', maxConnectionsPerAddress, 1);
    const release = (socket: Socket): void => this.#release(socket);
    this.#onClose = function onClose() {
      release(this);
    };
  }

  /** How many addresses have sockets that count. */
  get addresses(): number {
    return this.#byAddress.size;
  }

  /** Whether `socket` is within the limits; if so, it counts until it closes. */
  admit(socket: Socket): boolean {
    if (this.#open >= this.#max) return false;
    const address = this.#addressOf(socket);
    if (address !== undefined) {
      const open = this.#byAddress.get(address) ?? 0;
      if (open >= this.#maxPerAddress) return false;
      this.#byAddress.set(address, open + 1);
    }
    this.#open++;
    socket.on('close', this.#onClose);
    return true;
  }

  #release(socket: Socket): void {
    this.#open--;
    // A closed socket still has the address that it had when it was admitted: Node keeps what it was asked for once.
    const address = this.#addressOf(socket);
    if (address === undefined) return;
    const open = this.#byAddress.get(address)!;
    if (open === 1) this.#byAddress.delete(address);
    else this.#byAddress.set(address, open - 1);
  }

  /** What `socket` counts for: undefined for a unix socket, and for one that the peer had reset before it was accepted. */
  #addressOf(socket: Socket): string | undefined {
    if (this.#maxPerAddress === Infinity) return undefined;
    const address = socket.remoteAddress;
    // A listener for both families sees peers of the older one as mapped addresses.
    return address?.startsWith('::ffff:') === true && address.includes('.') ? address.slice(7) : address;
  }
}
