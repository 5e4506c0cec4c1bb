import type { AddressInfo, Server as NetServer } from 'node:net';

/** Turns of the event loop for which a server that closes still accepts who is there: nearly always one more than there are. */
const MAX_BACKLOG = 1024;

/** The listeners of a server, from when they listen until all that came through them has ended. */
export class Listeners {
  readonly #open: NetServer[] = [];
  /** Ends of those that were closed: when their last connections have. */
  readonly #ends: Promise<unknown>[] = [];

  add(listener: NetServer): void {
    this.#open.push(listener);
  }

  /** All places where they listen, in the order in which they began to. */
  get addresses(): (AddressInfo | string)[] {
    return this.#open.map((listener) => listener.address()).filter((address) => address !== null);
  }

  /** Ends of the listeners that were closed. */
  get ends(): readonly Promise<unknown>[] {
    return this.#ends;
  }

  /**
   * Closes them, once those are accepted who have connected by now.
   *
   * @param arrived how many sockets have come so far; undefined when none is accepted any more
   */
  async stop(arrived: () => number | undefined): Promise<void> {
    // Whoever the kernel has let in by now would be reset with its listener. Node accepts one of them in each turn of the event loop.
    let before = -1;
    for (let turn = 0; turn < MAX_BACKLOG; turn++) {
      const now = arrived();
      if (now === undefined || now === before) break;
      before = turn === 0 ? -1 : now;
      await new Promise(setImmediate);
    }
    for (const listener of this.#open.splice(0)) {
      this.#ends.push(new Promise((resolve) => listener.close(resolve)));
    }
  }
}
