import { Buffer } from 'node:buffer';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, expect, vi } from 'vitest';

import { patient } from '../support/patience.ts';
import { Peer } from '../support/peer.ts';
import { FaultProxy, type FaultProxyOptions } from './fault-proxy.ts';
import type { Link } from './link.ts';

/** A server, made anew for each test, proxies before it and clients of these. */
class Scene {
  /** What the server does with a socket: it echoes unless the test says otherwise. */
  serve: (socket: Socket) => unknown = (socket) => socket.pipe(socket);
  #reached: (server: Peer) => void = () => {};
  readonly #clients: Peer[] = [];
  readonly #served: Peer[] = [];
  readonly #proxies: FaultProxy[] = [];
  readonly #listener: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = new Peer(socket);
    this.#served.push(peer);
    this.serve(socket);
    this.#reached(peer);
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#listener.listen(0, '127.0.0.1', resolve));
  }

  /** A proxy before the server. */
  async start(options: Omit<FaultProxyOptions, 'port'> = {}): Promise<FaultProxy> {
    const proxy = await FaultProxy.start({ port: (this.#listener.address() as AddressInfo).port, ...options });
    this.#proxies.push(proxy);
    return proxy;
  }

  /** A client of the proxy, and the socket of the server that it reached: one after the other. */
  async join(proxy: FaultProxy): Promise<{ client: Peer; server: Peer }> {
    const reached = new Promise<Peer>((resolve) => {
      this.#reached = resolve;
    });
    const client = new Peer(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }));
    this.#clients.push(client);
    return { client, server: await reached };
  }

  /** No connection is accepted any more. */
  async stop(): Promise<void> {
    const stopped = new Promise((resolve) => this.#listener.close(resolve));
    for (const { socket } of this.#served) socket.destroy();
    await stopped;
  }

  async strike(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.close();
    for (const { socket } of this.#clients) socket.destroy();
    await this.stop();
  }
}

/** The scene of each test of the file that calls this. */
export function setScene(): Pick<Scene, 'serve' | 'start' | 'join' | 'stop'> {
  let scene: Scene;
  beforeEach(async () => {
    scene = new Scene();
    await scene.listen();
  });
  afterEach(() => scene.strike());
  return {
    get serve() {
      return scene.serve;
    },
    set serve(serve) {
      scene.serve = serve;
    },
    start: (options) => scene.start(options),
    join: (proxy) => scene.join(proxy),
    stop: () => scene.stop(),
  };
}

export const silence = (): void => {};

/** The one link of a proxy. */
export const linkOf = (proxy: FaultProxy): Link => [...proxy.connections][0]!;

/** Resolves when the proxy has no link any more. */
export const gone = (proxy: FaultProxy): Promise<void> =>
  vi.waitFor(() => expect(proxy.connections.size).toBe(0), patient);

/** Text without a period that a lost or doubled piece could hide in. */
export function sample(length: number): string {
  let text = '';
  for (let index = 0; text.length < length; index++) text += `${index} `;
  return text.slice(0, length);
}

/** More than all the buffers on the way can hold, without the memory for it. */
export function flood(socket: Socket): void {
  const block = Buffer.alloc(1 << 20, 'x');
  for (let index = 0; index < 256; index++) socket.write(block);
}
