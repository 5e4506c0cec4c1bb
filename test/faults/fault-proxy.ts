import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

import type { Faults } from './faults.ts';
import { Link } from './link.ts';

export interface FaultProxyOptions {
  /** Where connections are passed on to. */
  readonly port: number;
  /** `127.0.0.1` unless it is named. */
  readonly host?: string;
  readonly faults?: Faults;
  /** The faults of one connection, the first being 0. Undefined leaves it to `proxy.faults`. */
  readonly choose?: (index: number) => Faults | undefined;
  /** The same seed makes the same faults for the same connection. */
  readonly seed?: number;
}

/** Stands between a client and a server on loopback, and is the network between them: one that goes wrong. */
export class FaultProxy {
  /** For the connections made from now on. */
  faults: Faults;

  readonly port: number;

  readonly #options: FaultProxyOptions;
  readonly #listener: Server;
  readonly #links = new Set<Link>();
  #accepted = 0;

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      listener.on('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return new FaultProxy(options, listener);
  }

  private constructor(options: FaultProxyOptions, listener: Server) {
    this.faults = options.faults ?? {};
    this.port = (listener.address() as AddressInfo).port;
    this.#options = options;
    this.#listener = listener.on('connection', (client) => this.#accept(client));
  }

  /** The links that have a socket open. */
  get connections(): ReadonlySet<Link> {
    return this.#links;
  }

  /** How many connections there have been. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Breaks off every link, on both sides. */
  resetAll(): void {
    for (const link of this.#links) link.reset();
  }

  /** Closes all links at once and stops listening. No socket and no timer is left when it settles. */
  async close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    for (const link of this.#links) link.destroy();
    await Promise.all([stopped, ...[...this.#links].map((link) => link.closed)]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    const { port, host = '127.0.0.1', choose, seed = 1 } = this.#options;
    const index = this.#accepted++;
    const upstream = connect({ port, host, allowHalfOpen: true, noDelay: true });
    const faults = choose?.(index) ?? this.faults;
    const link = new Link(index, client, upstream, faults, Math.imul(seed, 0x9e3779b1) + 2 * index);
    this.#links.add(link);
    void link.closed.then(() => this.#links.delete(link));
  }
}
