import { MemcachedServer, type MemcachedServerOptions } from '@wirewright/memcached';

import { freePort, Running } from '../../support/programs.ts';
import { MemcachedLine } from './memcached-line.ts';

/** The real memcached and ours, freshly started. */
export class TwoServers {
  readonly #process: Running;
  readonly #server: MemcachedServer;
  /** Their ports: the real one's, and ours. */
  readonly ports: readonly [number, number];

  private constructor(process: Running, server: MemcachedServer, port: number) {
    this.#process = process;
    this.#server = server;
    this.ports = [port, server.port!];
  }

  static async start(
    memcached: string,
    args: readonly string[] = [],
    options: MemcachedServerOptions = {},
  ): Promise<TwoServers> {
    const port = await freePort();
    // With one thread: what the answers are must not depend on which of them is faster.
    const own = ['-p', `${port}`, '-l', '127.0.0.1', '-U', '0', '-u', 'nobody', '-t', '1', '-vv'];
    const process = new Running(memcached, [...own, ...args]);
    await process.says(/server listening/);
    const server = new MemcachedServer(options);
    server.onError(() => {});
    await server.listen({ port: 0, host: '127.0.0.1' });
    return new TwoServers(process, server, port);
  }

  /** A connection to each. */
  async lines(): Promise<[MemcachedLine, MemcachedLine]> {
    return [await MemcachedLine.to(this.ports[0]), await MemcachedLine.to(this.ports[1])];
  }

  async close(): Promise<void> {
    this.#process.destroy();
    this.#server.destroy();
    await this.#server.close();
  }
}
