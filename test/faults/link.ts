import type { Socket } from 'node:net';

import { type Faults, faultsOf } from './faults.ts';
import { Flow } from './flow.ts';

/** While an end is on its way to the peer, Node fails to reset a socket and never closes it. */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.once('finish', () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

/** A client, an upstream, and what flows between them. */
export class Link {
  /** How many connections the proxy accepted before this one. */
  readonly index: number;
  readonly up: Flow;
  readonly down: Flow;
  /** Resolves when both sockets are closed and no timer is left. */
  readonly closed: Promise<void>;

  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #over = new AbortController();

  constructor(index: number, client: Socket, upstream: Socket, faults: Faults, seed: number) {
    this.index = index;
    this.#client = client;
    this.#upstream = upstream;
    const { signal } = this.#over;
    const breakOff = (): void => this.reset();
    this.up = new Flow(client, upstream, faultsOf('up', faults), seed, signal, breakOff);
    this.down = new Flow(upstream, client, faultsOf('down', faults), seed + 1, signal, breakOff);
    this.closed = this.#watch();
  }

  /** Breaks off both sides. */
  reset(): void {
    this.#over.abort();
    reset(this.#client);
    reset(this.#upstream);
  }

  /** Breaks off the side of the upstream. A client that is told nothing any more is not told of that either. */
  resetUpstream(): void {
    reset(this.#upstream);
    if (!this.down.silent) reset(this.#client);
  }

  /** Closes both sides at once. */
  destroy(): void {
    this.#over.abort();
    this.#client.destroy();
    this.#upstream.destroy();
  }

  async #watch(): Promise<void> {
    // Who broke off a connection, breaks off the other one, too: unless that shall not learn of it.
    this.#client.on('error', () => this.up.silent || reset(this.#upstream));
    this.#upstream.on('error', () => this.down.silent || reset(this.#client));
    await Promise.all(
      [this.#client, this.#upstream].map((socket) => new Promise<void>((resolve) => socket.once('close', resolve))),
    );
    this.#over.abort();
    await Promise.all([this.up.done, this.down.done]);
  }
}
