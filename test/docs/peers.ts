import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';
import { JobServer } from '@wirewright/gearman';
import { MemcachedServer } from '@wirewright/memcached';
import { QuasizeroServer } from '@wirewright/quasizero';

/** A server of ours, as far as this matters here. */
interface Peer {
  readonly port: number | undefined;
  listen(place: { port: number; host: string }): Promise<unknown>;
  close(): Promise<unknown>;
}

/** What the programs of the docs expect on the ports that they dial without a server of their own there. */
const KINDS: Readonly<Record<string, () => Peer>> = {
  4730: () => new JobServer(),
  9991: () => new Server({ codec: line() }).onRead((connection, text) => connection.send(text)),
  11211: () => new MemcachedServer(),
  11300: () => new QuasizeroServer({ 1: (request, response) => response.set(request.payload) }),
};

/** Servers for the ports that occur in a program, all on free ports of this machine. */
export class Peers {
  readonly #servers: ReadonlyMap<string, Peer>;

  private constructor(servers: ReadonlyMap<string, Peer>) {
    this.#servers = servers;
  }

  static async for(code: string): Promise<Peers> {
    const servers = new Map<string, Peer>();
    for (const [port, make] of Object.entries(KINDS)) {
      if (!new RegExp(`\\b${port}\\b`).test(code)) continue;
      const server = make();
      await server.listen({ port: 0, host: '127.0.0.1' });
      servers.set(port, server);
    }
    return new Peers(servers);
  }

  /** Which port of the docs leads where. */
  get ports(): Readonly<Record<string, number>> {
    return Object.fromEntries(Array.from(this.#servers, ([port, server]) => [port, server.port!]));
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#servers.values(), (server) => server.close()));
  }
}
