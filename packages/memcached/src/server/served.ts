import type { Clock, Server } from '@wirewright/core';

import type { Client } from './client.ts';
import type { MemcachedReply, MemcachedRequest } from './handlers.ts';
import type { ServedBy } from './stats/connection-stats.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the user keeps with connections
type AnyServer = Server<MemcachedRequest, MemcachedReply, any>;

/** When a connection had sent how many messages. */
interface Seen {
  messages: number;
  at: number;
}

/** What statistics look at: the server that they are of. */
export class Served implements ServedBy {
  readonly #server: AnyServer;
  readonly #clock: Clock;
  readonly #seen = new WeakMap<Client, Seen>();
  before: { bytesIn: number; bytesOut: number } = { bytesIn: 0, bytesOut: 0 };
  tls = false;

  constructor(server: AnyServer, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
  }

  get counters(): ServedBy['counters'] {
    return this.#server.counters;
  }

  get connections(): ServedBy['connections'] {
    return this.#server.connections;
  }

  get listening(): boolean {
    return this.#server.addresses.length > 0;
  }

  get port(): number {
    return this.#server.addresses.find((address) => typeof address === 'object')?.port ?? 0;
  }

  get host(): string | undefined {
    return this.#server.addresses.find((address) => typeof address === 'object')?.address;
  }

  get path(): string | undefined {
    return this.#server.addresses.find((address) => typeof address === 'string');
  }

  get places(): string[] {
    return this.#server.addresses.map((address) => {
      if (typeof address === 'string') return `unix:${address}`;
      return address.family === 'IPv6'
        ? `tcp6:[${address.address}]:${address.port}`
        : `tcp:${address.address}:${address.port}`;
    });
  }

  /** Notes who has sent something: a look once a second costs less than a note for each request. */
  tick(): void {
    const now = this.#clock.now();
    for (const connection of this.#server.connections) this.#look(connection, now);
  }

  idleSeconds(connection: Client): number {
    const now = this.#clock.now();
    return Math.floor((now - this.#look(connection, now).at) / 1000);
  }

  /** Has what was carried so far count no more. */
  reset(): void {
    const { bytesIn, bytesOut } = this.#server.counters;
    this.before = { bytesIn, bytesOut };
  }

  #look(connection: Client, now: number): Seen {
    const messages = connection.counters.messagesIn;
    let seen = this.#seen.get(connection);
    if (seen === undefined) {
      seen = { messages, at: now };
      this.#seen.set(connection, seen);
    } else if (seen.messages !== messages) {
      seen.messages = messages;
      seen.at = now;
    }
    return seen;
  }
}
