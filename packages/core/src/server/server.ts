import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

import type { CodecFactory } from '../codec/codec.ts';
import { integerOption } from '../codec/options.ts';
import { closeAll, type CloseOptions, type CloseResult, graceOf } from '../connection/close-all.ts';
import { Connection } from '../connection/connection.ts';
import { createCodec } from '../connection/create-codec.ts';
import { HookHost } from '../connection/hook-host.ts';
import { type ConnectionOptions, type ConnectionSettings, connectionSettings } from '../connection/options.ts';
import {
  checkPlace,
  type NetSocketOptions,
  netSocketOptions,
  SOCKET_OPTIONS,
  type SocketOptions,
} from '../connection/socket-options.ts';
import { waiting } from '../connection/waiting.ts';
import { ClosedError } from '../errors.ts';
import { listening, type ListenOptions } from './listening.ts';

export interface ServerOptions<In, Out = In, Data = unknown> extends ConnectionOptions<Data>, SocketOptions {
  /** Makes the codec of each connection. Without it, `onConnect` has to call `connection.setCodec`. */
  readonly codec?: CodecFactory<In, Out> | undefined;
}

/**
 * Accepts connections and runs a codec and hooks on each.
 *
 * ```ts
 * const server = new Server({ codec: line() }).onRead((connection, message) => connection.send(message));
 * await server.listen({ port: 9991 });
 * ```
 */
export class Server<In = unknown, Out = In, Data = unknown> extends HookHost<In, Out, Data> {
  readonly #settings: ConnectionSettings<In, Out, Data>;
  readonly #socketOptions: NetSocketOptions;
  readonly #listeners: NetServer[] = [];
  readonly #connections = new Set<Connection<In, Out, Data>>();
  /** Sockets of listeners that encrypt, which are no connections before they have shaken hands. */
  readonly #raw = new Set<Socket>();
  readonly #accept = (socket: Socket): void => this.#open(socket);
  #closing: Promise<CloseResult> | undefined = undefined;
  readonly #closed = waiting<CloseResult>();
  #removeSignals: (() => void) | undefined = undefined;

  /** @throws {InvalidOptionError} an option is unknown or out of range, or `codec` makes no codec */
  constructor(options: ServerOptions<In, Out, Data> = {}) {
    super();
    const { codec } = options;
    const settings = connectionSettings('new Server()', 'server', codec, this.hooks, options, [
      'codec',
      ...SOCKET_OPTIONS,
    ]);
    if (codec !== undefined) createCodec(codec);
    this.#settings = { ...settings, onClosed: (connection) => this.#connections.delete(connection) };
    this.#socketOptions = netSocketOptions(options);
  }

  /** The connections that are open now. */
  get connections(): ReadonlySet<Connection<In, Out, Data>> {
    return this.#connections;
  }

  /** Where the server listens: address and port, or the path of a unix socket; undefined while it does not. */
  get address(): AddressInfo | string | undefined {
    return this.#listeners[0]?.address() ?? undefined;
  }

  /** The TCP port it listens on; undefined while it listens on none. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === 'object' ? address.port : undefined;
  }

  /**
   * Listens on a port or path; may be called for several. Resolves with this server when it does.
   *
   * @throws {InvalidOptionError} (rejects) the options name no place, or an impossible one
   * @throws {AddressInUseError} (rejects) somebody listens there
   * @throws {ListenError} (rejects) it cannot listen there for another reason
   */
  async listen(options: ListenOptions): Promise<this> {
    checkPlace('listen()', options, ['backlog'], 0);
    if (options.backlog !== undefined) integerOption('backlog', options.backlog, 1, 65_535);
    if (this.#closing !== undefined) throw new ClosedError('the server');
    const listener = createServer(this.#socketOptions);
    await listening(listener, options);
    // It may have been closed meanwhile.
    if (this.#closing !== undefined) {
      listener.close();
      throw new ClosedError('the server');
    }
    this.#attach(listener, 'connection');
    return this;
  }

  /** Serves the connections of a listener that exists, and owns it from here on: `close()` closes it. */
  serve(listener: NetServer): this {
    if (this.#closing !== undefined) throw new ClosedError('the server');
    const { noDelay, keepAlive, keepAliveInitialDelay } = this.#socketOptions;
    listener.on('connection', (socket) => {
      socket.setNoDelay(noDelay);
      socket.setKeepAlive(keepAlive, keepAliveInitialDelay);
      if (!(listener instanceof TlsServer)) return;
      this.#raw.add(socket);
      socket.once('close', () => this.#raw.delete(socket));
    });
    this.#attach(listener, listener instanceof TlsServer ? 'secureConnection' : 'connection');
    return this;
  }

  /**
   * Stops accepting, answers every complete request that was received, closes, and destroys what is left when the grace is over.
   * Resolves with counts when the last connection is gone. A second call gets the same promise; {@link destroy} does not wait.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    const grace = graceOf(options);
    this.#closing ??= this.#close(grace);
    return this.#closing;
  }

  /** Resolves with the counts when the server has closed, whoever closed it. */
  get closed(): Promise<CloseResult> {
    return this.#closed.promise;
  }

  /** Stops accepting and destroys every connection at once. */
  destroy(): void {
    this.#closing ??= this.#close(0);
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#raw) socket.destroy();
  }

  /**
   * Closes the server on the first of `signals`, and destroys what is left on the second. The process ends by itself when nothing
   * else keeps it alive; {@link closed} tells when the server has.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  closeOnSignals(signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'], options: CloseOptions = {}): this {
    graceOf(options);
    this.#removeSignals?.();
    const stop = (): void => {
      if (this.#closing === undefined) void this.close(options);
      else this.destroy();
    };
    for (const signal of signals) process.on(signal, stop);
    this.#removeSignals = () => {
      for (const signal of signals) process.off(signal, stop);
    };
    return this;
  }

  /** {@link close}, with the default grace: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #attach(listener: NetServer, event: 'connection' | 'secureConnection'): void {
    this.#listeners.push(listener);
    listener.on(event, this.#accept);
    // A failed accept is the kernel's trouble of the moment; without a listener it would end the process.
    listener.on('error', (error) => process.emitWarning(error));
  }

  #open(socket: Socket): void {
    if (this.#closing !== undefined) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, this.#settings);
    this.#connections.add(connection);
    void connection.open();
  }

  async #close(grace: number): Promise<CloseResult> {
    const listeners = this.#listeners.map((listener) => new Promise((resolve) => listener.close(resolve)));
    const result = await closeAll(this.#connections, grace, this.#settings.clock, listeners, () => {
      for (const socket of this.#raw) socket.destroy();
    });
    this.#removeSignals?.();
    this.#closed.resolve(result);
    return result;
  }
}
