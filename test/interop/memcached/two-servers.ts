import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { MemcachedServer, type MemcachedServerOptions } from '@wirewright/memcached';

import { freePort, Running } from '../../support/programs.ts';

/** Longest wait for an answer, in ms: whoever says nothing for so long has nothing to say. */
const PATIENCE = 2000;

/** A connection on which bytes are sent and answers awaited, one after the other. */
export class Line {
  readonly #socket: Socket;
  #answer: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#answer = Buffer.concat([this.#answer, chunk]);
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async to(port: number): Promise<Line> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Line(socket);
  }

  /** What is answered to `bytes`, up to where `isLast` says that this is all; `(closed)` at its end when the server closes. */
  async ask(bytes: Buffer, isLast: (answer: Buffer) => boolean): Promise<string> {
    this.#answer = Buffer.alloc(0);
    this.#socket.write(bytes);
    const until = Date.now() + PATIENCE;
    while (!isLast(this.#answer) && !this.#closed) {
      const left = until - Date.now();
      if (left <= 0) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#answer.toString('latin1') + (this.#closed ? '(closed)' : '');
  }

  get closed(): boolean {
    return this.#closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

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
  async lines(): Promise<[Line, Line]> {
    return [await Line.to(this.ports[0]), await Line.to(this.ports[1])];
  }

  async close(): Promise<void> {
    this.#process.destroy();
    this.#server.destroy();
    await this.#server.close();
  }
}
